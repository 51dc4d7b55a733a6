import { join } from 'node:path';
import t from 'tap';
import { Link } from '../../../agent/link/link.ts';
import { mostPressing, type OpenOperation, type OperationRunner } from '../../../agent/link/operations.ts';
import { WithdrawalList } from '../../../agent/link/withdrawal-list.ts';
import { agentBounds } from '../../../common/agent-bounds.ts';
import { UvsError } from '../../../common/errors.ts';
import { createLogger } from '../../../common/log.ts';
import type { Outcome } from '../../../common/outcome.ts';
import { helloFrom } from '../../../coordinator/agents/session-messages.ts';
import { TestAuthority } from '../../support/authority.ts';
import { facts } from '../../support/domain-records.ts';
import { anyRoot } from '../../support/package-root.ts';
import { eventually } from '../../support/eventually.ts';
import { definition } from '../../support/grpc-server.ts';
import { sampleToken } from '../../support/sample-node.ts';
import { FakeCoordinator } from './fake-coordinator.ts';

const UID = '5f2b1c1e-6a55-4c0f-9f0f-0d5a7a1c2b3d';
const log = createLogger('test', { level: 'error', isJournal: false, write: () => undefined });

function ended(operation: string, outcome: Outcome, token?: OpenOperation['token']): OpenOperation {
  const end = { operation, token, isLocal: token === undefined, outcome, message: '', outputTail: '' };
  return { operation, phase: 'failed', token, ended: end, isInterrupted: false };
}

/** A runner with operations in its journal that nobody acknowledges. */
function idle(open: readonly OpenOperation[]): OperationRunner {
  return {
    runOperation: () => Promise.reject(new UvsError('BUSY', 'not part of this test')),
    openOperations: () => Promise.resolve(open),
    acknowledge: () => Promise.reject(new UvsError('INTERNAL', 'not part of this test')),
    revoke: () => Promise.resolve(),
    endedOperations: () => Promise.resolve([]),
    // oxlint-disable-next-line require-yield -- there is none
    readOutput: async function* () {
      throw new UvsError('NOT_FOUND', 'no output');
    },
  };
}

void t.test('an agent of a machine with more of everything than it may say keeps to the bounds', async (t) => {
  const authority = await TestAuthority.create();
  await using coordinator = await FakeCoordinator.start(await authority.issue('coordinator/c1'));
  const credential = await authority.issue(`node/${UID}`, [coordinator.address]);
  const directory = t.testdir();
  const addresses = (): string[] => Array.from({ length: 40 }, (_none, index) => `10.0.0.${index}`);
  using link = new Link({
    credential,
    credentialPath: join(directory, 'credential.json'),
    identity: { uid: UID, hostname: 'n1', roles: ['osd'] },
    definition,
    withdrawals: await WithdrawalList.open(join(directory, 'withdrawals.json')),
    packageRoot: { newest: () => Promise.resolve(anyRoot), follow: () => Promise.resolve(undefined) },
    foreseeLimits: () => Promise.resolve({ refused: new Map(), trouble: '' }),
    limits: { take: () => Promise.resolve(), report: undefined },
    settings: { take: () => Promise.resolve(), report: undefined },
    addresses,
    facts: () => Promise.resolve(facts({ distroVersion: 'v'.repeat(1_000), board: 'b'.repeat(1_000) })),
    failedServices: () => Promise.resolve(Array.from({ length: 256 }, (_none, index) => `ceph-osd@${index}.service`)),
    onConnected: () => undefined,
    onUnwelcome: () => undefined,
    onTurn: () => undefined,
    onFetched: () => undefined,
    onEnded: () => undefined,
    onHandedOver: () => undefined,
    restartable: [],
    instance: 'instance-1',
    random: () => 0.5,
    log,
  });
  await using stack = new AsyncDisposableStack();
  const stop = new AbortController();
  const running = link.run(idle(Array.from({ length: 70 }, (_none, index) => ended(`op-${index}`, 'failed'))), stop.signal);
  stack.defer(async () => {
    stop.abort();
    await running;
  });
  await eventually('a session', () => coordinator.sessions.length === 1);
  const hello = helloFrom(coordinator.session.hello);
  t.equal(hello.addresses.length, agentBounds.addresses);
  t.equal(hello.addresses.at(-1), '10.0.0.31', 'the first ones stay');
  t.same(hello.addresses, coordinator.session.hello.addresses, 'and the coordinator cuts nothing');
  const older = helloFrom({ ...coordinator.session.hello, addresses: addresses() });
  t.same(older.addresses, hello.addresses, 'nor does it refuse one that says too much');
  t.match(coordinator.session.hello.facts, { distroVersion: /^v{255}…$/, board: /^b{255}…$/ });
  t.equal(hello.openOperations.length, agentBounds.openOperations);
  link.observer.progress('op-1', 'fetching', 'm'.repeat(4_000), -1);
  const said = (): readonly unknown[] =>
    coordinator.session.messages.flatMap(({ progress, heartbeat }) => progress?.message ?? heartbeat?.failedServices.at(-1) ?? []);
  await eventually('its words', () => said().length >= 2);
  t.ok(said().includes(`${'m'.repeat(agentBounds.progress - 1)}…`));
  t.ok(said().includes('and 193 more'));
});

void t.test('of too many open operations those are left out whose end only has to be acknowledged', (t) => {
  const begun: OpenOperation = { operation: 'op-begun', phase: 'post', token: sampleToken, ended: undefined, isInterrupted: true };
  const needing = ended('op-needing', 'needs-operator', sampleToken);
  const open = [needing, ended('op-1', 'failed', sampleToken), ended('op-2', 'installed'), ended('op-3', 'failed'), begun];
  const kept = (most: number): readonly string[] => mostPressing(open, most).map(({ operation }) => operation);
  t.same(kept(5), ['op-needing', 'op-1', 'op-2', 'op-3', 'op-begun']);
  t.same(kept(4), ['op-needing', 'op-1', 'op-3', 'op-begun'], 'the oldest of those without a slot');
  t.same(kept(3), ['op-needing', 'op-1', 'op-begun']);
  t.same(kept(2), ['op-needing', 'op-begun']);
  t.end();
});
