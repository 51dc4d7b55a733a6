import t from 'tap';
import { quorumNever, quorumRefusal } from '../../../../coordinator/gates/etcd/quorum.ts';
import type { EtcdMember } from '../../../../coordinator/gates/etcd/members.ts';
import { node } from '../../../support/domain-records.ts';
import { etcdMember } from '../../../support/etcd-members.ts';

/** demo1 carries e1, and so on; from demo8 on they carry nothing. */
const on = (number: number) => node(`demo${number}`, [], { addresses: [`10.0.0.${number}`] });
const mute = (name: string) => node(name, [], { addresses: [] });
const five = [1, 2, 3, 4, 5].map((number) => etcdMember(number));
const three = five.slice(0, 3);
const ill = (number: number): EtcdMember => etcdMember(number, { isHealthy: false, message: 'does not answer' });

void t.test('one of three members may stop, and no second one while the first has begun, though all are healthy', (t) => {
  t.equal(quorumRefusal(three, on(1), []), undefined);
  t.equal(
    quorumRefusal(three, on(2), [on(1)]),
    'demo2 carries e2 of etcd: beside what counts as down only 1 of 3 etcd members would be up, 2 are needed; ' +
      'e1 of demo1 counted as down: what has begun, or may before, counts until it is proven healthy or, once removed, written off',
  );
  t.equal(quorumRefusal(three, on(2), [on(8), on(9)]), undefined, 'who carries none takes none away');
  t.end();
});

void t.test('of five members two may stop, whether the first has died yet or not', (t) => {
  t.equal(quorumRefusal(five, on(2), [on(1)]), undefined);
  t.equal(quorumRefusal([ill(1), ...five.slice(1)], on(2), [on(1)]), undefined, 'it is counted once');
  t.match(quorumRefusal(five, on(3), [on(1), on(2)]), /only 2 of 5 .* 3 are needed; e1, e2 of demo1, demo2 counted as down/);
  t.end();
});

void t.test('a member that is ill is not up, and is to be brought back', (t) => {
  t.match(quorumRefusal([...three.slice(0, 2), ill(3)], on(1), []), /only 1 of 3 .*; bring back e3 \(does not answer\)$/);
  t.equal(quorumRefusal([ill(1), ...three.slice(1)], on(1), []), undefined, "the node's own is down already");
  t.end();
});

void t.test('a node without a member takes nothing from the quorum, whatever is down', (t) => {
  t.equal(quorumRefusal([...three.slice(0, 1), ill(2), ill(3)], on(8), [on(1)]), undefined);
  t.end();
});

void t.test('a learner neither votes nor counts', (t) => {
  const learner = etcdMember(4, { isLearner: true });
  t.equal(quorumRefusal([...three, learner], on(4), [on(1)]), undefined, 'its machine has no part in the quorum');
  t.match(quorumRefusal([...three, learner], on(2), [on(1)]), /only 1 of 3 etcd members/);
  t.end();
});

void t.test('of whom it can not be told counts for one member, and no more', (t) => {
  t.equal(quorumRefusal(three, mute('x'), []), undefined, 'one may stop');
  t.match(
    quorumRefusal(three, mute('x'), [mute('y')]),
    /^it can't be told whether x carries e1, e2, e3 of etcd: .* only 1 of 3 .*; one more counted as down for each of y, /,
  );
  t.match(
    quorumRefusal(three, on(1), [mute('y')]),
    /^demo1 carries e1 .* only 1 of 3 .* look up the hosts in the URLs of etcd's members, and the agents tell/,
  );
  t.equal(quorumRefusal(five, on(1), [mute('y')]), undefined);
  t.match(quorumRefusal(five, on(1), [mute('y'), mute('z')]), /only 2 of 5/);
  const unknown = etcdMember(3, { place: { names: ['etcd-c'], addresses: new Set(), isWhole: false } });
  t.equal(quorumRefusal([...three.slice(0, 2), unknown], on(1), []), undefined, 'it carries one, and is not supposed to carry another');
  t.match(quorumRefusal([...three.slice(0, 2), unknown], on(1), [on(8)]), /only 1 of 3/, 'that one may be on whoever has begun');
  t.end();
});

void t.test('an etcd that is on no node keeps nobody waiting', (t) => {
  for (const count of [1, 3]) t.equal(quorumRefusal(three.slice(0, count), on(8), [on(9), on(10), on(11)]), undefined);
  t.end();
});

void t.test('a yes beside some that have begun is one beside any part of them', (t) => {
  const nodes = [on(1), on(2), on(4), on(8), mute('x'), mute('y')];
  const members = [...five.slice(0, 4), etcdMember(5, { place: { names: [], addresses: new Set(), isWhole: false } })];
  for (let set = 0; set < 1 << nodes.length; set += 1) {
    const begun = nodes.filter((_, place) => (set & (1 << place)) !== 0);
    for (const candidate of [on(3), mute('z'), on(9)]) {
      if (quorumRefusal(members, candidate, begun) !== undefined) continue;
      for (const left of begun) {
        const part = begun.filter((each) => each !== left);
        t.equal(quorumRefusal(members, candidate, part), undefined, `${candidate.hostname} beside ${part.map(({ uid }) => uid).join()}`);
      }
    }
  }
  t.end();
});

void t.test('with one or two members none can ever stop, nor can a machine that has most of them', (t) => {
  t.match(quorumRefusal(three.slice(0, 1), on(1), []), /^can never be yes: etcd has one member that votes: none can be stopped/);
  t.same(quorumNever(three.slice(0, 2), [on(1), on(8), on(2)]), [
    'can never be yes: etcd has two members that vote: none can be stopped without losing the quorum; add members on other machines until there are three',
  ]);
  const crowded = node('demo1', [], { addresses: ['10.0.0.1', '10.0.0.2'] });
  t.match(quorumNever(three, [crowded, on(3)]), [/^can never be yes: demo1 carries e1, e2 of etcd's 3 members: /]);
  t.same(quorumNever(three, [on(1), on(2), on(3), on(8)]), []);
  t.end();
});
