import t from 'tap';
import { limitRecords } from '../../../agent/limits/records.ts';
import { limitRule } from '../../../agent/limits/wanted.ts';
import { UvsError } from '../../../common/errors.ts';
import { errorOf } from '../../support/failure.ts';
import { FakeMachine, keeperOf } from '../../support/limited-machine.ts';

const osd3 = 'ceph-osd@3.service';
const rules = [limitRule(osd3, { LimitNOFILE: '65536', OOMScoreAdjust: '-500' })];
const fromNextStart = [{ state: 'from-next-start', message: 'OOMScoreAdjust and LimitNOFILE from its next start' }];
const why = 'the kernel did not take that, or something has set it otherwise since';
const untaken = [
  {
    state: 'unmet',
    message: `OOMScoreAdjust is 0 although the service has started with -500: ${why}; LimitNOFILE is 20000 although the service has started with 65536: ${why}`,
  },
];

/** A service that runs since before it had limits, on a machine that gives no process more open files, nor another score. */
function scene(): FakeMachine {
  const machine = new FakeMachine(osd3);
  machine.kernel.get(osd3)?.set('LimitNOFILE', 20_000).set('OOMScoreAdjust', 0);
  start(machine);
  machine.moment.us += 1000;
  return machine;
}

function start(machine: FakeMachine): void {
  machine.moment.us += 1000;
  machine.startedUs.set(osd3, machine.moment.us);
}

void t.test(
  'what a service has been started with and does not have is not in force, and before that start it is from the next one',
  async (t) => {
    const machine = scene();
    const state = { path: t.testdir() };
    // as after a restart of the agent each time
    const look = async () => await keeperOf(machine, limitRecords(state)).keep(rules);
    t.match(await look(), fromNextStart);
    t.match(await look(), fromNextStart);
    start(machine);
    t.match(await look(), untaken);
    machine.kernel.get(osd3)?.set('OOMScoreAdjust', -500);
    t.match(await look(), [{ message: `LimitNOFILE is 20000 although the service has started with 65536: ${why}` }]);
    machine.kernel.get(osd3)?.set('LimitNOFILE', 65_536);
    t.match(await look(), [{ state: 'in-force', message: '' }]);
  },
);

void t.test('in another boot every service was started with it', async (t) => {
  const machine = scene();
  const keeper = keeperOf(machine);
  await keeper.keep(rules);
  machine.moment.boot = 'b';
  machine.startedUs.set(osd3, 500);
  t.match(await keeper.keep(rules), untaken);
});

void t.test('what was put back, is another, or was not read by systemd yet is from the next start', async (t) => {
  const machine = scene();
  const keeper = keeperOf(machine);
  await keeper.keep(rules);
  machine.dropIns.clear();
  start(machine);
  machine.moment.us += 1000;
  t.match(await keeper.keep(rules), fromNextStart, 'it was started without');
  start(machine);
  t.match(await keeper.keep(rules), untaken);
  machine.moment.us += 1000;
  const other = [limitRule(osd3, { LimitNOFILE: '30000' })];
  machine.reloadFailure = new UvsError('SERVICE_FAILED', 'systemctl daemon-reload failed');
  t.match(await errorOf(keeper.keep(other)), { reason: 'SERVICE_FAILED' });
  start(machine);
  machine.moment.us += 1000;
  machine.reloadFailure = undefined;
  t.match(await keeper.keep(other), [{ state: 'from-next-start', message: 'LimitNOFILE from its next start' }]);
});

void t.test('where nothing is remembered, as of an agent of before, it is from the next start, and known from then on', async (t) => {
  const machine = scene();
  const keeper = keeperOf(machine);
  await keeper.keep(rules);
  start(machine);
  machine.moment.us += 1000;
  const another = keeperOf(machine);
  t.match(await another.keep(rules), fromNextStart);
  start(machine);
  t.match(await another.keep(rules), untaken);
});

void t.test('where it can not be remembered, as on a full disk, limits are kept and told as from the next start', async (t) => {
  const machine = scene();
  const taken = {
    read: async () => undefined,
    write: async () => {
      throw new Error('ENOSPC: no space left on device');
    },
  };
  const keeper = keeperOf(machine, { taken });
  for (const look of ['first', 'next']) {
    t.match(await keeper.keep(rules), fromNextStart, look);
    start(machine);
    machine.moment.us += 1000;
  }
});

void t.test('where systemd itself has another value the drop-in that overrules it is named', async (t) => {
  const machine = scene();
  const later = `/etc/systemd/system/${osd3}.d/99-mine.conf`;
  machine.later.set(osd3, later);
  const keeper = keeperOf(machine);
  await keeper.keep(rules);
  start(machine);
  machine.toStartWith.set('LimitNOFILE', 20_000).set('OOMScoreAdjust', -500);
  t.match(await keeper.keep(rules), [
    {
      state: 'unmet',
      message: `OOMScoreAdjust is 0 although the service has started with -500: ${why}; LimitNOFILE is 20000, not 65536: ${later} is read after it`,
    },
  ]);
});
