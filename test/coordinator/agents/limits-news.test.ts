import t from 'tap';
import { eventually } from '../../support/eventually.ts';
import { FakeAgent, makeHub } from '../../support/hub.ts';

const unit = 'ceph-osd@*.service';

void t.test('an agent is told the limits of its node when it comes, and when they change', async (t) => {
  using scene = makeHub();
  scene.limits.set(unit, { TasksMax: '100' });
  const agent = new FakeAgent(scene.hub, 'n1').hello('instance-1');
  const told = () => agent.received.flatMap(({ limits }) => (limits === undefined || limits === null ? [] : [limits]));
  await eventually('it was told', () => told().length === 1);
  t.match(told(), [{ hash: scene.limits.now.hash, rules: [{ unit, values: { TasksMax: '100' } }] }]);
  scene.limits.set(unit, { TasksMax: '100' });
  t.equal(told().length, 1, 'nothing has changed for it');
  scene.limits.set(unit, { TasksMax: '200' });
  t.match(told()[1], { rules: [{ values: { TasksMax: '200' } }] });
});

void t.test('what an agent says of its limits is kept as long as its session, and cut where it says too much', async (t) => {
  using scene = makeHub();
  const agent = new FakeAgent(scene.hub, 'n1').hello('instance-1');
  t.same(scene.hub.declared.limits('n1'), { told: undefined });
  t.equal(scene.hub.declared.limits('n2'), undefined);
  const units = Array.from({ length: 300 }, (_none, at) => ({
    unit: `ceph-osd@${at}.service`,
    state: 'LIMIT_STATE_REFUSED' as const,
    message: `it uses more\u0007${'x'.repeat(5000)}`,
    mended: ['TasksMax'],
    mendTime: null,
  }));
  agent.say({ message: 'limitsReport', limitsReport: { hash: 'h', units, trouble: '' } });
  const report = scene.hub.declared.limits('n1')?.told;
  t.equal(report?.units.length, 256);
  t.match(report?.units[0], { unit: 'ceph-osd@0.service', state: 'refused', message: /^it uses more x/, mended: { names: ['TasksMax'] } });
  t.ok((report?.units[0]?.message.length ?? 0) <= 1024);
});

void t.test('what an agent has put back is told each time, by the names of the services', async (t) => {
  using scene = makeHub();
  const agent = new FakeAgent(scene.hub, 'n1').hello('instance-1');
  const inForce = { state: 'LIMIT_STATE_IN_FORCE' as const, message: '', mendTime: null };
  const units = [
    { unit: 'ceph-osd@3.service', ...inForce, mended: [] },
    { unit: 'ceph-osd@4.service', ...inForce, mended: ['TasksMax', 'MemoryMax'] },
  ];
  for (let times = 0; times < 2; times++) agent.say({ message: 'limitsReport', limitsReport: { hash: 'h', units, trouble: '' } });
  agent.say({ message: 'limitsReport', limitsReport: { hash: 'h', units: units.slice(0, 1), trouble: '' } });
  const zone = { name: 'time-zone', value: 'UTC', state: 'SETTING_STATE_IN_FORCE' as const, message: '', mendTime: null };
  const settings = [{ ...zone, mended: ['/etc/localtime'] }];
  agent.say({ message: 'settingsReport', settingsReport: { hash: 'h', settings, trouble: '', clock: null } });
  t.same(scene.mended, [
    ['n1', 'limits', ['ceph-osd@4.service']],
    ['n1', 'limits', ['ceph-osd@4.service']],
    ['n1', 'settings', ['time-zone']],
  ]);
});

void t.test('what an agent has put back is shown for a day after the reports that say nothing of it any more', async (t) => {
  using scene = makeHub();
  const agent = new FakeAgent(scene.hub, 'n1').hello('instance-1');
  const sayLimits = (...mended: string[]) => {
    const each = { unit: 'ceph-osd@3.service', state: 'LIMIT_STATE_IN_FORCE' as const, message: '', mended, mendTime: null };
    agent.say({ message: 'limitsReport', limitsReport: { hash: 'h', units: [each], trouble: '' } });
  };
  const saySettings = (...mended: string[]) => {
    const each = { name: 'time-zone', value: 'UTC', state: 'SETTING_STATE_IN_FORCE' as const, message: '', mended, mendTime: null };
    agent.say({ message: 'settingsReport', settingsReport: { hash: 'h', settings: [each], trouble: '', clock: null } });
  };
  const ofLimits = () => scene.hub.declared.limits('n1')?.told?.units[0]?.mended;
  const ofSettings = () => scene.hub.declared.settings('n1')?.told?.settings[0]?.mended;
  const hourMs = 3_600_000;
  for (const [say, shown] of [
    [sayLimits, ofLimits],
    [saySettings, ofSettings],
  ] as const) {
    say();
    t.equal(shown(), undefined);
    const atMs = scene.clock.wallMs();
    say('one');
    t.strictSame(shown(), { names: ['one'], atMs });
    scene.clock.nowMs += 23 * hourMs;
    say();
    t.strictSame(shown(), { names: ['one'], atMs });
    say('other');
    t.strictSame(shown(), { names: ['other'], atMs: atMs + 23 * hourMs });
    scene.clock.nowMs += 24 * hourMs;
    t.equal(shown(), undefined, 'also where nothing was reported since');
  }
  t.equal(scene.mended.length, 4, 'and each is counted once');
});

void t.test('how it stands is counted for monitoring, and what an agent said of other limits is not', async (t) => {
  using scene = makeHub();
  scene.limits.set(unit, { TasksMax: '100' });
  const agent = new FakeAgent(scene.hub, 'n1').hello('instance-1');
  new FakeAgent(scene.hub, 'n2').hello('instance-2');
  await eventually('both were told', () => [...scene.hub.declared.limitStates()].length === 2);
  t.same([...scene.hub.declared.limitStates()], ['unknown', 'unknown']);
  const units = [
    { unit: 'ceph-osd@3.service', state: 'LIMIT_STATE_REFUSED' as const, message: 'x', mended: [], mendTime: null },
    { unit: 'ceph-osd@4.service', state: 'LIMIT_STATE_IN_FORCE' as const, message: '', mended: [], mendTime: null },
  ];
  agent.say({ message: 'limitsReport', limitsReport: { hash: scene.limits.now.hash, units, trouble: '' } });
  t.same([...scene.hub.declared.limitStates()].toSorted(), ['in-force', 'refused', 'unknown']);
  scene.limits.set(unit, { TasksMax: '200' });
  t.same([...scene.hub.declared.limitStates()], ['unknown', 'unknown']);
});

void t.test('an agent is asked what it would refuse, and one that is silent, older or gone says nothing of it', async (t) => {
  using scene = makeHub();
  const { declared } = scene.hub;
  const rules = [{ unit, values: { TasksMax: '100' } }];
  const ask = (uid: string, signal = new AbortController().signal) => declared.foreseeLimits(uid, rules, signal);
  t.equal(await ask('n1'), undefined, 'it has no session');
  const agent = new FakeAgent(scene.hub, 'n1').hello('instance-1');
  const answer = ask('n1');
  const question = agent.received.findLast(({ limitsQuestion }) => limitsQuestion !== undefined)?.limitsQuestion;
  t.match(question, { nonce: /^[0-9a-f]{32}$/, rules });
  const refused = Array.from({ length: 300 }, (_none, at) => ({
    unit: `ceph-osd@${at}.service`,
    message: `it uses more\u0007${'x'.repeat(5000)}`,
  }));
  agent.say({ message: 'limitsAnswer', limitsAnswer: { nonce: 'another', refused: [], trouble: '' } });
  agent.say({ message: 'limitsAnswer', limitsAnswer: { nonce: question?.nonce ?? '', refused, trouble: '' } });
  const foreseen = await answer;
  t.match(foreseen, { trouble: '', refused: [{ unit: 'ceph-osd@0.service', message: /^it uses more x/ }] });
  t.equal(foreseen?.refused.length, 256);
  t.ok((foreseen?.refused[0]?.message.length ?? 0) <= 1024);
  const late = new AbortController();
  const unanswered = ask('n1', late.signal);
  late.abort();
  t.equal(await unanswered, undefined, 'it did not answer in time');
  const cut = ask('n1');
  agent.leave();
  t.equal(await cut, undefined, 'its session has ended');
  const older = new FakeAgent(scene.hub, 'n2').hello('instance-2', { answersLimits: false });
  t.equal(await ask('n2'), undefined);
  t.notOk(older.received.some(({ limitsQuestion }) => limitsQuestion !== undefined));
});
