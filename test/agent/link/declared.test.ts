import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { declaredParts } from '../../../agent/link/declared.ts';
import { Link } from '../../../agent/link/link.ts';
import type { OperationRunner } from '../../../agent/link/operations.ts';
import type { ReportedLimits } from '../../../agent/limits/kept-limits.ts';
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

/** What the agent says of its limits, and would say to whoever asks. */
interface Said {
  limits: ReportedLimits;
}

async function scene(t: Test) {
  const authority = await TestAuthority.create();
  const stack = new AsyncDisposableStack();
  const coordinator = stack.use(await FakeCoordinator.start(await authority.issue('coordinator/c1')));
  const directory = t.testdir();
  const said: Said = { limits: { hash, units: [], trouble: '' } };
  const link = stack.use(
    new Link({
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
      limits: {
        take: () => Promise.resolve(),
        get report() {
          return said.limits;
        },
      },
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
    }),
  );
  const stop = new AbortController();
  const running = link.run(idle, stop.signal);
  stack.defer(async () => {
    stop.abort();
    await running;
  });
  await eventually('a session', () => coordinator.sessions.length === 1);
  const heard = () => coordinator.session.messages;
  return {
    coordinator,
    link,
    said,
    heard,
    answers: () => heard().flatMap(({ limitsAnswer }) => (limitsAnswer === null || limitsAnswer === undefined ? [] : [limitsAnswer])),
    heartbeats: () => heard().filter(({ message }) => message === 'heartbeat').length,
    [Symbol.asyncDispose]: async () => await stack.disposeAsync(),
  };
}

const rules = [{ unit: 'ceph-osd@*.service', values: { MemoryMax: '1G' } }];

void t.test(
  'how it stands is told to whoever has declared something in this session, or asks, and to no coordinator of an older version',
  async (t) => {
    await using s = await scene(t);
    const { coordinator, link } = s;
    await eventually('a heartbeat', () => s.heartbeats() > 0);
    link.tell('limits');
    link.tell('settings');
    const before = s.heartbeats();
    await eventually('another heartbeat', () => s.heartbeats() > before);
    const reports = () => s.heard().flatMap(({ message }) => (message === 'limitsReport' || message === 'settingsReport' ? [message] : []));
    t.same(reports(), []);
    coordinator.send({ settings: { hash, values: {} } });
    await eventually('it is told', () => reports().length > 0);
    t.same(reports(), ['settingsReport']);
    coordinator.send({ limitsQuestion: { nonce: 'n-1', rules } });
    await eventually('it answers', () => s.answers().length > 0);
    t.match(s.answers(), [{ nonce: 'n-1', refused: [{ unit: 'ceph-osd@3.service', message: 'it uses more than 1G' }], trouble: '' }]);
  },
);

void t.test('what a session has no room for is told once it has', async (t) => {
  await using s = await scene(t);
  const { coordinator, link, said } = s;
  const told = () => s.heard().flatMap(({ limitsReport }) => limitsReport?.trouble ?? []);
  coordinator.send({ limits: { hash, rules: [] } });
  await eventually('it is told', () => told().length > 0);
  coordinator.session.stream.pause();
  // as while an operation's output is read
  const unit = { unit: 'ceph-osd@3.service', state: 'in-force', message: 'x'.repeat(1000), mended: [] } as const;
  said.limits = { hash, units: Array.from({ length: 100 }, () => unit), trouble: 'it is long' };
  for (let count = 0; count < 200; count += 1) link.tell('limits');
  said.limits = { hash, units: [], trouble: 'the last word' };
  link.tell('limits');
  coordinator.send({ limitsQuestion: { nonce: 'n-1', rules } });
  const before = s.heartbeats();
  await delay(600);
  t.same([s.answers(), told().includes('the last word'), s.heartbeats()], [[], false, before], 'there is no room');
  coordinator.session.stream.resume();
  await eventually('it is told', () => told().at(-1) === 'the last word');
  await eventually('it answers', () => s.answers().length === 1);
  const count = told().length;
  const beats = s.heartbeats();
  await eventually('more heartbeats', () => s.heartbeats() > beats + 2);
  t.equal(told().length, count, 'once');
});

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

void t.test('what is owed to a session that has ended is not told in the next one', async (t) => {
  const { scene, part } = limitsPart();
  scene.isFull = true;
  await part.take({ hash, rules: [] });
  part.begin();
  scene.isFull = false;
  part.tellOwed();
  t.same(scene.sent, []);
});

/** Both parts before one session that takes what the test lets it, as loops find something put back, and then nothing. */
function mendingParts() {
  const scene = { sent: [] as string[], isFull: true };
  const unit = (name: string, ...mended: string[]) => ({ unit: name, state: 'in-force' as const, message: '', mended });
  const setting = (name: string, ...mended: string[]) => ({ name, value: '1', state: 'in-force' as const, message: '', mended });
  const limits = { take: () => Promise.resolve(), report: { hash, units: [unit('a.service')], trouble: '' } };
  const settings = { take: () => Promise.resolve(), report: { hash, settings: [setting('sysctl')], clock: undefined, trouble: '' } };
  const told = (rows: readonly { readonly mended?: readonly string[] | null }[]): string =>
    rows.map(({ mended }) => mended?.join('+') ?? '').join(' ');
  const send = ({ limitsReport, settingsReport }: SessionRequest): boolean => {
    if (scene.isFull) return false;
    if (limitsReport !== null && limitsReport !== undefined) scene.sent.push(`limits: ${told(limitsReport.units ?? [])}`);
    if (settingsReport !== null && settingsReport !== undefined) scene.sent.push(`settings: ${told(settingsReport.settings ?? [])}`);
    return true;
  };
  const parts = declaredParts({ limits, settings }, { send });
  return {
    scene,
    parts,
    found: (...units: ReturnType<typeof unit>[]): void => {
      limits.report = { hash, units, trouble: '' };
      parts.limits.tell();
    },
    foundSettings: (...rows: ReturnType<typeof setting>[]): void => {
      settings.report = { ...settings.report, settings: rows };
      parts.settings.tell();
    },
    failed: (): void => {
      limits.report = { hash, units: [], trouble: 'systemd does not answer' };
      parts.limits.tell();
    },
    unit,
    setting,
  };
}

void t.test('what was put back while a session had no room is told with the next report, by unit and setting, and once', async (t) => {
  const s = mendingParts();
  const { scene, parts, unit, setting } = s;
  await parts.limits.take({ hash, rules: [] });
  await parts.settings.take({ hash, values: {} });
  s.found(unit('a.service', 'MemoryMax'), unit('b.service'));
  s.found(unit('b.service', 'TasksMax'), unit('a.service', 'MemoryMax', 'CPUWeight'));
  s.found(unit('a.service'), unit('b.service'));
  s.foundSettings(setting('ntp-servers'), setting('sysctl', 'vm.swappiness'));
  s.foundSettings(setting('ntp-servers'), setting('sysctl'));
  t.same(scene.sent, []);
  scene.isFull = false;
  for (const part of Object.values(parts)) part.tellOwed();
  t.same(scene.sent, ['limits: MemoryMax+CPUWeight TasksMax', 'settings:  vm.swappiness']);
  s.found(unit('a.service'), unit('b.service', 'TasksMax'));
  s.foundSettings(setting('ntp-servers'), setting('sysctl'));
  t.same(scene.sent.slice(2), ['limits:  TasksMax', 'settings:  '], 'what was told is not told as a second change');
});

void t.test('nor is it lost where nothing can be done meanwhile, or the session ends', async (t) => {
  const s = mendingParts();
  const { scene, parts, unit } = s;
  await parts.limits.take({ hash, rules: [] });
  s.found(unit('a.service', 'MemoryMax'));
  s.failed();
  scene.isFull = false;
  parts.limits.tellOwed();
  t.same(scene.sent, ['limits: '], 'there is no line of any unit');
  parts.limits.begin();
  s.found(unit('a.service'));
  t.same(scene.sent.length, 1, 'nothing was declared in that session yet');
  await parts.limits.take({ hash, rules: [] });
  await parts.limits.take({ hash, rules: [] });
  t.same(scene.sent.slice(1), ['limits: MemoryMax', 'limits: ']);
});
