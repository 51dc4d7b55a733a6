import t from 'tap';
import { eventually } from '../../support/eventually.ts';
import { FakeAgent, makeHub } from '../../support/hub.ts';

const zone = { 'time-zone': 'Europe/Berlin' };

void t.test('an agent is told how its node is to be set when it comes, and when that changes', async (t) => {
  using scene = makeHub();
  scene.settings.set(zone);
  const agent = new FakeAgent(scene.hub, 'n1').hello('instance-1');
  const told = () => agent.received.flatMap(({ settings }) => (settings === undefined || settings === null ? [] : [settings]));
  await eventually('it was told', () => told().length === 1);
  t.match(told(), [{ hash: scene.settings.now.hash, values: zone }]);
  scene.settings.set(zone);
  scene.limits.set('ceph-osd@*.service', { TasksMax: '100' });
  t.equal(told().length, 1, 'nothing has changed for it');
  scene.settings.set({ 'time-zone': 'UTC' });
  t.match(told()[1], { values: { 'time-zone': 'UTC' } });
});

void t.test('what it says is kept, counted and cut; how far its clock is off is told', async (t) => {
  using scene = makeHub();
  scene.settings.set(zone);
  const agent = new FakeAgent(scene.hub, 'n1').hello('instance-1');
  await eventually('it was told', () => [...scene.hub.declared.settingStates()].length === 1);
  t.same([...scene.hub.declared.settingStates()], ['unknown']);
  t.same(scene.hub.declared.settings('n1'), { told: undefined });
  const refused = {
    name: 'time-zone',
    value: 'x',
    state: 'SETTING_STATE_REFUSED' as const,
    message: `no\u0007${'x'.repeat(5000)}`,
    mended: [],
    mendTime: null,
  };
  const settings = Array.from({ length: 100 }, () => refused);
  const clock = { offsetSeconds: -0.25, server: 'ntp1' };
  agent.say({ message: 'settingsReport', settingsReport: { hash: scene.settings.now.hash, settings, trouble: '', clock } });
  t.equal([...scene.hub.declared.settingStates()].filter((state) => state === 'refused').length, 64);
  t.same([...scene.hub.declared.clockOffsets()], [-0.25]);
  t.ok((scene.hub.declared.settings('n1')?.told?.settings[0]?.message.length ?? 0) <= 1024);
  agent.say({
    message: 'settingsReport',
    settingsReport: { hash: scene.settings.now.hash, settings: [], trouble: 'x', clock: { offsetSeconds: Number.NaN, server: '' } },
  });
  t.same([...scene.hub.declared.settingStates()], ['unknown'], 'nothing could be done');
  t.same([...scene.hub.declared.clockOffsets()], []);
});
