import t from 'tap';
import { namesake, refusalOfName } from '../../coordinator/name-owner.ts';
import { node } from '../support/domain-records.ts';

const demo151 = node('demo151', ['osd']);
const demo152 = node('demo152.storage.example', ['osd']);
const nodes = [demo151, demo152];

void t.test(
  'a name is that of whoever would be taken for its machine: by the same name, a longer or a shorter one, or the UID',
  async (t) => {
    for (const name of ['demo151', 'DEMO151', 'demo151.storage.example', 'uid-demo151']) t.equal(namesake(nodes, name), demo151, name);
    for (const name of ['demo152', 'demo152.storage.example', 'demo152.storage']) t.equal(namesake(nodes, name), demo152, name);
    for (const name of ['demo15', 'demo1511', 'demo152.other.example']) t.equal(namesake(nodes, name), undefined, name);
  },
);

function refusal(from: string, to: string, machines: ReadonlyMap<string, string> = new Map()): string | undefined {
  return refusalOfName(node(from, ['osd'], { uid: 'one' }), to, { nodes, machines })?.why;
}

void t.test('a node takes no new name that is, or begins like, the one of another node', async (t) => {
  t.equal(refusal('demo153', 'demo154'), undefined);
  t.equal(refusal('demo153', 'demo153.storage.example'), undefined, 'its own, with the domain');
  t.equal(refusal('demo153', 'demo151'), 'the name of node uid-demo151');
  t.equal(refusal('demo153', 'uid-demo151'), 'the name of node uid-demo151');
  for (const name of ['demo151.storage.example', 'demo152.other.example', 'DEMO152.other.example'])
    t.match(refusal('demo153', name), /^too like the name of node uid-demo15/);
  t.equal(refusal('demo152.other.example', 'demo152.third.example'), undefined, 'it began so before');
  t.match(refusal('demo152.other.example', 'demo152'), /^too like/);
});

void t.test('two that were enrolled with such names before it was refused keep them', async (t) => {
  t.equal(refusal('demo151.lan', 'demo151.lan'), undefined);
});

void t.test('a node does not become a coordinator’s machine by calling itself so', async (t) => {
  const machines = new Map([['c1', 'Mon1.storage.example']]);
  for (const name of ['mon1', 'mon1.storage.example'])
    t.equal(refusal('demo153', name, machines), 'the name of the machine of coordinator c1');
  t.equal(refusal('mon1', 'mon1.storage.example', machines), undefined, 'it is its machine');
  t.equal(refusal('demo153', 'demo154', machines), undefined);
});
