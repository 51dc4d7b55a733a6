import t from 'tap';
import { LinkSlotKeeper } from '../../../agent/link/slot-keeper.ts';
import { CoordinatorClient } from '../../../common/rpc/client.ts';
import { UvsError } from '../../../common/errors.ts';
import { TestAuthority } from '../../support/authority.ts';
import { errorOf } from '../../support/failure.ts';
import { definition } from '../../support/grpc-server.ts';
import { FakeCoordinator } from './fake-coordinator.ts';

const authority = await TestAuthority.create();
const node = await authority.issue('node/n1');
const c1 = await authority.issue('coordinator/c1');
const token = { epoch: '5f2b1c1e-6a55-4c0f-9f0f-0d5a7a1c2b3d', createRevision: 7 };
const never = new AbortController().signal;

function keeper(...coordinators: string[]): { slots: LinkSlotKeeper } & Disposable {
  const client = new CoordinatorClient({ ...node, coordinators }, { definition });
  return { slots: new LinkSlotKeeper(client), [Symbol.dispose]: () => client[Symbol.dispose]() };
}

void t.test('a grant reaches whoever waits, whoever comes later, and nobody else', async (t) => {
  using k = keeper('127.0.0.1:1');
  const waiting = k.slots.awaitGrant('op-1', never);
  const other = new AbortController();
  const waitingElsewhere = k.slots.awaitGrant('op-2', other.signal);
  k.slots.granted('op-1', token);
  t.same(await waiting, token);
  t.same(await k.slots.awaitGrant('op-1', never), token);
  other.abort(new UvsError('CANCELLED', 'withdrawn'));
  t.equal((await errorOf(waitingElsewhere)).message, 'withdrawn');
});

void t.test('begin and confirm ask the leader, also through a follower', async (t) => {
  await using leader = await FakeCoordinator.start(c1);
  await using follower = await FakeCoordinator.start(c1);
  follower.leader = leader.address;
  using k = keeper(follower.address);
  t.same(await k.slots.begin('op-1', token, never), { isYes: true, reason: '' });
  t.same(await k.slots.confirm('op-1', token, never), { isYes: true, reason: '' });
});

void t.test('a grant that was refused at begin is not handed out again', async (t) => {
  await using leader = await FakeCoordinator.start(c1);
  leader.begin = () => ({ granted: false, reason: 'the cluster is frozen' });
  using k = keeper(leader.address);
  k.slots.granted('op-1', token);
  t.same(await k.slots.begin('op-1', token, never), { isYes: false, reason: 'the cluster is frozen' });
  const next = k.slots.awaitGrant('op-1', never);
  k.slots.granted('op-1', { ...token, createRevision: 8 });
  t.equal((await next).createRevision, 8);
});

void t.test('a begin that nobody answers is not a yes', async (t) => {
  await using leader = await FakeCoordinator.start(c1);
  const stop = new AbortController();
  leader.begin = () => {
    stop.abort(new UvsError('CANCELLED', 'stopped'));
    return undefined;
  };
  using k = keeper(leader.address);
  t.equal((await errorOf(k.slots.begin('op-1', token, stop.signal))).reason, 'CANCELLED');
});
