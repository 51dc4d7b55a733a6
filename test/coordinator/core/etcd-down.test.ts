import t from 'tap';
import { FakeFleet, operator, startCoordinator, uids, untilLeader } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';

const etcd = await startEtcd({ members: 3 });
t.teardown(() => etcd[Symbol.asyncDispose]());

void t.test(
  'where etcd has lost its quorum every coordinator says so to whoever wants something, and goes on once it is back',
  async (t) => {
    using fleet = new FakeFleet(uids);
    await using c1 = await startCoordinator(etcd, fleet, 'c1');
    await untilLeader(c1);
    await using c2 = await startCoordinator(etcd, fleet, 'c2');
    await eventually('c2 knows the leader', () => c2.coordinator.leaderAddress() === 'c1.test:7100');
    const lost = etcd.members.slice(1);
    for (const member of lost) member.signal('SIGSTOP');
    for (const { core } of [c1.coordinator, c2.coordinator]) {
      const questions: readonly [what: string, ask: () => Promise<unknown>][] = [
        ['freeze', () => core.cluster.freeze('storm', operator, '')],
        ['nodes', async () => core.nodes.list()],
        ['slots', async () => core.slots.drains()],
        ['audit', () => core.audit.list({ limit: 1, before: undefined, resource: undefined })],
        ['status', () => core.cluster.describe()],
      ];
      for (const [what, ask] of questions) {
        const refusal = async () => {
          const error = await errorOf(ask()).catch(() => undefined);
          return error?.reason === 'ETCD_UNAVAILABLE' ? error : undefined;
        };
        let error: Awaited<ReturnType<typeof refusal>>;
        await eventually(`${what} is refused because of etcd`, async () => (error = await refusal()) !== undefined, 20_000);
        t.match(error, { message: /etcd does not answer \(\w/, hint: /^Check that a majority of the etcd members runs/ }, what);
        t.notMatch(error?.message, /deadline|unavailable|UNKNOWN|\b14\b/i, 'none of the words of the library');
      }
    }
    for (const { coordinator } of [c1, c2]) t.equal(coordinator.etcdTrouble?.reason, 'ETCD_UNAVAILABLE', 'what watches it is told');
    for (const member of lost) member.signal('SIGCONT');
    await eventually('one leads again', () => c1.coordinator.isLeader() || c2.coordinator.isLeader(), 20_000);
    const leader = c1.coordinator.isLeader() ? c1 : c2;
    await leader.coordinator.core.cluster.freeze('storm', operator, '');
  },
);
