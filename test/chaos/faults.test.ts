import t from 'tap';
import { machines } from './cluster.ts';
import { faults, groupOf, kindOf, LEADER, struckBy, type Fault } from './faults.ts';

/** As many as two minutes hold. */
const TWO_MINUTES = 42;

function planned(seed: string, count: number): Fault[] {
  const all = faults(seed, machines);
  return Array.from({ length: count }, () => all.next().value.fault);
}

void t.test('the same seed gives the same faults, another one others', (t) => {
  t.same(planned('a', TWO_MINUTES), planned('a', TWO_MINUTES));
  t.notSame(planned('a', TWO_MINUTES), planned('b', TWO_MINUTES));
  t.end();
});

void t.test('whatever the seed, two minutes hold every kind of fault at least twice', (t) => {
  const wanted =
    'kill, stop, stop leader, block, kill-at-begin, stop-at-begin, unplug, no-quorum, hold late, hold late-twice, hold lost-then-again, ' +
    'cut agent coordinator, cut agent leader, cut coordinator agent, cut coordinator member, cut coordinator coordinator, cut member member';
  for (const seed of ['1', '2', 'every day']) {
    const words = planned(seed, TWO_MINUTES).flatMap(wordsOf);
    for (const word of wanted.split(', ')) t.ok(words.filter((one) => one === word).length >= 2, `${word} with seed ${seed}`);
  }
  t.end();
});

/** What of a fault is of a kind whatever is drawn. */
function wordsOf(fault: Fault): string[] {
  if (fault.kind === 'hold') return [`hold ${fault.how}`];
  if (fault.kind === 'stop' && fault.target === LEADER) return ['stop', 'stop leader'];
  if (fault.kind !== 'cut') return [fault.kind];
  const [machine, [other = '']] = fault.between;
  const group = groupOf(machine);
  return [`cut ${group === 'leader' ? 'coordinator' : group} ${groupOf(other)}`];
}

void t.test('cuts are from all others, from some and from one, and both ways or one', (t) => {
  const cuts = planned('any', 1_000).filter((fault) => fault.kind === 'cut');
  const kinds = new Set(cuts.map(kindOf));
  for (const kind of ['cut agent–coordinators', 'cut agent–coordinator', 'cut coordinator–coordinator', 'cut member–member, one way'])
    t.ok(kinds.has(kind), kind);
  t.ok(cuts.some(({ between: [, others] }) => others.length === 2));
  for (const { between } of cuts) t.notOk(between[1].includes(between[0]), 'nobody is cut from itself');
  t.end();
});

void t.test('a fault on the leader strikes whoever leads, and nobody where nobody does', (t) => {
  const block: Fault = { kind: 'block', target: LEADER, forMs: 1 };
  t.same(struckBy(block, 'c2'), { ...block, target: 'c2' });
  t.equal(struckBy(block, undefined), undefined);
  const cut: Fault = { kind: 'cut', between: ['n1', [LEADER]], way: 'to', forMs: 1 };
  t.same(struckBy(cut, 'c3'), { ...cut, between: ['n1', ['c3']] });
  t.equal(struckBy(cut, undefined), undefined);
  const kill: Fault = { kind: 'kill', target: 'c1', forMs: 1 };
  t.same(struckBy(kill, undefined), kill);
  t.end();
});
