import { join } from 'node:path';
import t from 'tap';
import { declaredParts } from '../../../agent/link/declared.ts';
import { Link } from '../../../agent/link/link.ts';
import type { OperationRunner } from '../../../agent/link/operations.ts';
import { WithdrawalList } from '../../../agent/link/withdrawal-list.ts';
import type { SessionRequest } from '../../../proto/gen/uvs/agent/v1/SessionRequest.ts';
import { UvsError } from '../../../common/errors.ts';
import { createLogger } from '../../../common/log.ts';
import { TestAuthority } from '../../support/authority.ts';
import { facts } from '../../support/domain-records.ts';
import { eventually } from '../../support/eventually.ts';
import { definition } from '../../support/grpc-server.ts';
import { anyRoot } from '../../support/package-root.ts';
import { FakeCoordinator } from './fake-coordinator.ts';

const UID = '5f2b1c1e-6a55-4c0f-9f0f-0d5a7a1c2b3d';
const hash = 'a'.repeat(64);
const log = createLogger('test', { level: 'error', isJournal: false, write: () => undefined });

const idle: OperationRunner = {
  runOperation: () => Promise.reject(new UvsError('BUSY', 'not part of this test')),
  openOperations: () => Promise.resolve([]),
  acknowledge: () => Promise.resolve(undefined),
  revoke: () => Promise.resolve(),
  endedOperations: () => Promise.resolve([]),
  // oxlint-disable-next-line require-yield -- there is none
  readOutput: async function* () {
    throw new UvsError('NOT_FOUND', 'no output');
  },
};

void t.test(
  'how it stands is told to whoever has declared something in this session, or asks, and to no coordinator of an older version',
  async (t) => {
    const authority = await TestAuthority.create();
    await using coordinator = await FakeCoordinator.start(await authority.issue('coordinator/c1'));
    const directory = t.testdir();
    using link = new Link({
      credential: await authority.issue(`node/${UID}`, [coordinator.address]),
      credentialPath: join(directory, 'credential.json'),
      identity: { uid: UID, hostname: 'n1', roles: ['osd'] },
      definition,
      withdrawals: await WithdrawalList.open(join(directory, 'withdrawals.json')),
      packageRoot: { newest: () => Promise.resolve(anyRoot), follow: () => Promise.resolve(undefined) },
      foreseeLimits: async (rules) => ({
        refused: new Map([['ceph-osd@3.service', `it uses more than ${rules[0]?.values['MemoryMax'] ?? ''}`]]),
        trouble: '',
      }),
      limits: { take: () => Promise.resolve(), report: { hash, units: [], trouble: '' } },
      settings: { take: () => Promise.resolve(), report: { hash, settings: [], clock: undefined, trouble: '' } },
      addresses: () => [],
      facts: () => Promise.resolve(facts({})),
      failedServices: () => Promise.resolve([]),
      onConnected: () => undefined,
      onUnwelcome: () => undefined,
      onTurn: () => undefined,
      restartable: [],
      onFetched: () => undefined,
      onEnded: () => undefined,
      onHandedOver: () => undefined,
      instance: 'instance-1',
      random: () => 0.5,
      log,
    });
    await using stack = new AsyncDisposableStack();
    const stop = new AbortController();
    const running = link.run(idle, stop.signal);
    stack.defer(async () => {
      stop.abort();
      await running;
    });
    await eventually('a session', () => coordinator.sessions.length === 1);
    const said = () => coordinator.session.messages;
    const heartbeats = () => said().filter(({ message }) => message === 'heartbeat').length;
    await eventually('a heartbeat', () => heartbeats() > 0);
    link.tell('limits');
    link.tell('settings');
    const before = heartbeats();
    await eventually('another heartbeat', () => heartbeats() > before);
    const reports = () => said().flatMap(({ message }) => (message === 'limitsReport' || message === 'settingsReport' ? [message] : []));
    t.same(reports(), []);
    coordinator.send({ settings: { hash, values: {} } });
    await eventually('it is told', () => reports().length > 0);
    t.same(reports(), ['settingsReport']);
    const rules = [{ unit: 'ceph-osd@*.service', values: { MemoryMax: '1G' } }];
    coordinator.send({ limitsQuestion: { nonce: 'n-1', rules } });
    const answers = () => said().flatMap(({ limitsAnswer }) => (limitsAnswer === null || limitsAnswer === undefined ? [] : [limitsAnswer]));
    await eventually('it answers', () => answers().length > 0);
    t.match(answers(), [{ nonce: 'n-1', refused: [{ unit: 'ceph-osd@3.service', message: 'it uses more than 1G' }], trouble: '' }]);
  },
);

/** The part of limits, whose loop says what a test wants, before a session that takes what the test lets it. */
function limitsPart() {
  const scene = { sent: [] as (string | undefined)[], isFull: false };
  const limits = {
    take: () => Promise.resolve(),
    report: { hash, units: [{ unit: 'ceph-osd@3.service', state: 'in-force' as const, message: '', mended: ['MemoryMax'] }], trouble: '' },
  };
  const send = ({ limitsReport }: SessionRequest): boolean => {
    if (!scene.isFull) scene.sent.push(limitsReport?.hash);
    return !scene.isFull;
  };
  const settings = { take: () => Promise.resolve(), report: undefined };
  return { scene, part: declaredParts({ limits, settings }, { send }).limits };
}

void t.test('what is said of the order of before is not told once more when another one comes', async (t) => {
  const { scene, part } = limitsPart();
  await part.take({ hash, rules: [] });
  t.same(scene.sent, [hash]);
  await part.take({ hash: 'b'.repeat(64), rules: [] });
  t.same(scene.sent, [hash], 'what somebody had changed once would count twice');
  part.begin();
  await part.take({ hash, rules: [] });
  t.same(scene.sent, [hash, hash], 'each session is told what holds');
});
