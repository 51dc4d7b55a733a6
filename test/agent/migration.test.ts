import t from 'tap';
import type { NodePorts } from '../../agent/operation-context.ts';
import { UvsError } from '../../common/errors.ts';
import type { MigrationAct } from '../../common/migration.ts';
import type { NodeAction } from '../../common/node-action.ts';
import { ActingNode } from '../support/acting-node.ts';
import { FakeUnits } from '../support/fake-node.ts';
import { isWhole, MigrationBed } from '../support/migration-bed.ts';
import { sampleToken } from '../support/sample-node.ts';
import { yes } from '../support/scripted-slots.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);

const directory = '/var/lib/ceph/mon/ceph-a';
const unit = 'ceph-mon@a.service';
const no = { isYes: false, reason: 'an operator took it back' };

function action(act: MigrationAct, units: readonly string[] = act === 'migrate' ? [unit] : []): NodeAction {
  return { kind: 'migration', act, directory, units };
}

function acting(): ActingNode {
  return new ActingNode(new FakeUnits([unit, 'sshd.service']));
}

function portsOf(bed: MigrationBed): Pick<NodePorts, 'migrations'> {
  return { migrations: { machine: bed.machine, memory: bed.memory } };
}

async function once(bed: MigrationBed, what: NodeAction, answer: ActingNode['answer'] = () => yes) {
  using node = acting();
  node.answer = answer;
  await using runner = await node.open(portsOf(bed));
  return { ended: await node.run(runner, what), asked: node.asked };
}

/** A node on whose SSD a directory is, and waits. */
async function migrated(): Promise<MigrationBed> {
  const bed = new MigrationBed();
  await once(bed, action('migrate'));
  return bed;
}

/** Lets the agent die before an act, counted from now. @returns whether it came to that */
async function die(bed: MigrationBed, node: ActingNode, what: NodeAction, before: number): Promise<boolean> {
  const died = new AbortController();
  bed.cutAt = bed.acts + before;
  const released = new AbortController();
  bed.onCut = async () => {
    died.abort();
    // what a dead agent does next has no effect, and must not: until its journal is closed it does nothing, and then it fails
    if (!released.signal.aborted) await new Promise((resolve) => released.signal.addEventListener('abort', resolve, { once: true }));
    throw new Error('the agent is dead');
  };
  await node.dieWhen(died.signal, what, portsOf(bed), () => released.abort());
  bed.cutAt = Number.POSITIVE_INFINITY;
  return died.signal.aborted;
}

void t.test('a directory is brought to the SSD under a slot, put back, or confirmed', async (t) => {
  const bed = new MigrationBed();
  const { ended, asked } = await once(bed, action('migrate', ['ceph-mon@*.service']));
  t.match(ended, { outcome: 'done', token: sampleToken, message: `${directory} is on the SSD, and waits to be confirmed or undone` });
  t.strictSame([asked[0], bed.stopped[0]], ['begin', unit], 'the unit that the pattern means');
  t.match(bed, { isMounted: true, isRunning: true, record: { phase: 'unconfirmed', units: [unit], reason: 'op-1' } });
  t.match((await once(bed, action('migrate'))).ended, { outcome: 'done' }, 'asked again there is nothing to do');
  t.match((await once(bed, action('undo'))).ended, { outcome: 'done', message: `${directory} is as it was before` });
  t.match(bed, { isMounted: false, isRunning: true, record: undefined });
  await once(bed, action('migrate'));
  t.match((await once(bed, action('confirm'))).ended, { outcome: 'done', message: `the old ${directory} is removed` });
  t.match(bed, { old: undefined, isMounted: true, isRunning: true, record: undefined });
});

void t.test('what can be refused is refused before the slot is asked for, and nothing is touched', async (t) => {
  const unmovable = new MigrationBed();
  unmovable.refusal = new UvsError('NOT_ALLOWED_NOW', `${directory} can't be brought to /m2: /m2 is not mounted`);
  const other = await migrated();
  other.record = { directory: '/var/log', units: [], reason: 'a test', phase: 'unconfirmed' };
  for (const [bed, what, message] of [
    [
      new MigrationBed(),
      action('migrate', ['sshd.service']),
      /^PERMISSION_DENIED: sshd.service is not stopped on this node; units of Ceph/,
    ],
    [unmovable, action('migrate'), /^NOT_ALLOWED_NOW: .* \/m2 is not mounted/],
    [new MigrationBed(), action('undo'), /^NOT_FOUND: no directory waits/],
    [new MigrationBed(), action('confirm'), /^NOT_FOUND: no directory waits/],
    [other, action('migrate'), /^CONFLICT: the migration of \/var\/log/],
    [other, action('undo'), /^NOT_FOUND: not \/var\/lib\/ceph\/mon\/ceph-a, but \/var\/log waits/],
    [other, action('confirm'), /^NOT_FOUND: not /],
  ] as const) {
    const before = bed.acts;
    const { ended, asked } = await once(bed, what);
    t.match(ended, { outcome: 'failed', message });
    t.strictSame([asked, bed.acts], [[], before], String(message));
  }
  using sandbox = acting();
  await using runner = await sandbox.open({ migrations: undefined });
  t.match(await sandbox.run(runner, action('migrate')), { outcome: 'failed', message: /^NOT_ALLOWED_NOW: the root is a sandbox/ });
  t.strictSame(sandbox.asked, []);
});

void t.test('without a slot nothing is stopped, and one that is lost meanwhile has all as before', async (t) => {
  const bed = new MigrationBed();
  t.match((await once(bed, action('migrate'), () => no)).ended, { outcome: 'never-acted', message: /^TOKEN_INVALID: / });
  t.strictSame(bed.stopped, []);
  const begun = (question: string) => (question === 'begin' ? yes : no);
  t.match((await once(bed, action('migrate'), begun)).ended, {
    outcome: 'failed',
    message: /^TOKEN_INVALID: .* is as before: .* took it back/,
  });
  t.match(bed, { copy: undefined, isMounted: false, isRunning: true, record: undefined });
  t.ok(isWhole(bed));
});

void t.test('what somebody at the console has begun while the slot was waited for is not what was asked for', async (t) => {
  const other = { directory: '/var/log', units: [unit], reason: 'the console', phase: 'unconfirmed' as const };
  for (const [act, record, message] of [
    ['confirm', other, /^NOT_FOUND: not \/var\/lib\/ceph\/mon\/ceph-a, but \/var\/log waits/],
    ['undo', other, /^NOT_FOUND: not \/var\/lib\/ceph\/mon\/ceph-a, but \/var\/log waits/],
    ['migrate', { ...other, phase: 'undoing' as const }, /^CONFLICT: the migration of \/var\/log/],
    ['migrate', { ...other, directory, units: ['sshd.service'], phase: 'undoing' as const }, /^CONFLICT: the migration of /],
    ['undo', { ...other, directory, units: ['sshd.service'] }, /^PERMISSION_DENIED: sshd\.service is not stopped on this node/],
    ['undo', undefined, /^NOT_FOUND: no directory waits/],
  ] as const) {
    const bed = act === 'migrate' ? new MigrationBed() : await migrated();
    bed.stopped.length = 0;
    const { ended } = await once(bed, action(act), (question) => {
      if (question === 'begin') bed.record = record === undefined ? undefined : { ...record, units: [...record.units] };
      return yes;
    });
    // of an undoing that is not over nobody knows whether its services run
    t.match(ended, { outcome: act === 'migrate' ? 'needs-operator' : 'failed', message }, act);
    t.same([bed.stopped, bed.record], [[], record], act);
    if (act !== 'migrate') t.hasStrict(bed, { old: 'store', isMounted: true }, act);
  }
});

void t.test('an old directory is removed with a yes of that moment: where the slot is gone by then it stays', async (t) => {
  const bed = await migrated();
  using node = acting();
  node.answer = (question) => (question === 'begin' ? yes : no);
  // comparing takes an hour
  const hashOf: MigrationBed['machine']['hashOf'] = async (...of) => {
    node.sleep(3_600_000);
    return await bed.machine.hashOf(...of);
  };
  await using runner = await node.open({ migrations: { machine: { ...bed.machine, hashOf }, memory: bed.memory } });
  t.match(await node.run(runner, action('confirm')), { outcome: 'failed', message: /^TOKEN_INVALID: .*an operator took it back/ });
  t.same(node.asked, ['begin', 'confirm']);
  t.hasStrict(bed, { old: 'store', record: { phase: 'unconfirmed' } });
});

void t.test('an agent that died in a confirmation asks anew, and whoever asks nobody removes nothing', async (t) => {
  for (const isAbandoned of [false, true])
    for (let before = 1; ; before += 1) {
      const bed = await migrated();
      using node = acting();
      if (!(await die(bed, node, action('confirm'), before))) break;
      const { old, record } = bed;
      await using runner = await node.open(portsOf(bed));
      node.asked.length = 0;
      node.answer = () => no;
      const [abandoned] = await runner.recover({ abandon: isAbandoned });
      const ended = isAbandoned ? abandoned : await node.run(runner, undefined);
      // where all was done but for the word that it is, nothing is left to ask for
      if (record === undefined) continue;
      t.match(ended, { outcome: 'failed' }, `${before}`);
      t.same(node.asked.length > 0, !isAbandoned, `${before}`);
      t.same([bed.old, bed.record], [old, record], `${before}`);
    }
});

void t.test('units that nobody asked about are not stopped, whatever a migration of before has noted', async (t) => {
  const bed = await migrated();
  bed.record = { directory, units: ['sshd.service', unit], reason: 'the console', phase: 'starting' };
  bed.stopped.length = 0;
  for (const [what, message] of [
    [action('migrate'), /^CONFLICT: the migration of .* \(sshd\.service, ceph-mon@a\.service\) is not over/],
    [action('undo'), /^PERMISSION_DENIED: sshd\.service is not stopped on this node/],
  ] as const) {
    const { ended, asked } = await once(bed, what);
    t.match(ended, { outcome: 'failed', message });
    t.strictSame([asked, bed.stopped], [[], []]);
  }
});

void t.test('a full disk of the agent leaves no service stopped, and where it would nobody takes the node for one in order', async (t) => {
  const bed = new MigrationBed();
  bed.fullFrom = 2;
  t.match((await once(bed, action('migrate'))).ended, { outcome: 'failed', message: /^NO_SPACE: .* was not brought to the SSD/ });
  t.match(bed, { isRunning: true, record: { phase: 'copying' } });
  const stuck = new MigrationBed();
  stuck.fullFrom = 2;
  stuck.isStartFailing = true;
  t.match((await once(stuck, action('migrate'))).ended, { outcome: 'needs-operator' });
});

void t.test('a service that does not run on the SSD fails the step, and the directory is as before', async (t) => {
  const bed = new MigrationBed();
  bed.isServiceBad = true;
  t.match((await once(bed, action('migrate'))).ended, { outcome: 'failed', message: /^SERVICE_FAILED: .* is as before: ceph-mon@a/ });
  t.match(bed, { isMounted: false, isRunning: true, record: undefined });
  bed.isMountStuck = true;
  const { ended } = await once(bed, action('migrate'));
  t.match(ended, { outcome: 'needs-operator', message: /the mount is busy/ }, 'what is half undone is left to an operator');
  t.match(bed.record, { phase: 'undoing' });
});

for (const [isBooted, goesOn, slotIsGone, undone] of [
  [
    false,
    'where the agent dies before any act of a migration, its service runs again, and it goes on under its slot',
    'where the agent dies in a migration and its slot is gone, no service is stopped any more, and none is lost',
    'where the agent dies before any act of an undoing, it is ended under its slot',
  ],
  [
    true,
    'where the machine dies before any act of a migration, its service runs again, and it goes on under its slot',
    'where the machine dies in a migration and its slot is gone, no service is stopped any more, and none is lost',
    'where the machine dies before any act of an undoing, it is ended under its slot',
  ],
] as const) {
  void t.test(goesOn, async (t) => {
    for (let before = 1; ; before += 1) {
      const bed = new MigrationBed();
      using node = acting();
      if (!(await die(bed, node, action('migrate'), before))) break;
      if (isBooted) bed.boot();
      node.asked.length = 0;
      await using runner = await node.open(portsOf(bed));
      t.strictSame(await runner.recover({ abandon: false }), [], `${before}: left to be gone on with`);
      t.ok(isWhole(bed), `${before}: before anybody could be asked it runs, and sees ${bed.seen ?? 'nothing'}`);
      t.match(await node.run(runner, undefined), { outcome: 'done', token: sampleToken }, `${before}`);
      t.ok(isWhole(bed), `${before}: in the end it sees ${bed.seen ?? 'nothing'}`);
      t.match(bed, { isMounted: true, record: { phase: 'unconfirmed' } });
      if (bed.stopped.length > 0) t.notOk(node.asked.includes('begin'), `${before}: by the slot that it has`);
    }
  });

  void t.test(slotIsGone, async (t) => {
    for (let before = 1; ; before += 1) {
      const bed = new MigrationBed();
      using node = acting();
      if (!(await die(bed, node, action('migrate'), before))) break;
      if (isBooted) bed.boot();
      await using runner = await node.open(portsOf(bed));
      await runner.recover({ abandon: false });
      bed.stopped.length = 0;
      node.answer = () => no;
      const ended = await node.run(runner, undefined);
      // where all was done but for the word that it is, nothing is left to ask for
      if (ended.outcome !== 'done') t.match(ended, { outcome: 'failed', message: /an operator took it back/ }, `${before}`);
      t.strictSame(bed.stopped, [], `${before}`);
      t.ok(isWhole(bed), `${before}: it sees ${bed.seen ?? 'nothing'}`);
      t.equal(bed.record === undefined, !bed.isMounted, `${before}: where it counts it is known how to put it back`);
    }
  });

  void t.test(undone, async (t) => {
    for (let before = 1; ; before += 1) {
      const bed = await migrated();
      using node = acting();
      if (!(await die(bed, node, action('undo'), before))) break;
      if (isBooted) bed.boot();
      await using runner = await node.open(portsOf(bed));
      await runner.recover({ abandon: false });
      if (bed.record?.phase === 'undoing') t.ok(bed.isRunning, `${before}: it runs before anybody could be asked`);
      t.match(await node.run(runner, undefined), { outcome: 'done' }, `${before}`);
      t.match(bed, { isMounted: false, isUnitThere: false, isRunning: true, record: undefined }, `${before}`);
      t.ok(isWhole(bed), `${before}: in the end it sees ${bed.seen ?? 'nothing'}`);
    }
  });
}

void t.test('an agent that died while a migration that failed was put back ends that, and says so', async (t) => {
  for (let before = 1; ; before += 1) {
    const bed = new MigrationBed();
    bed.isServiceBad = true;
    using node = acting();
    if (!(await die(bed, node, action('migrate'), before))) break;
    const wasUndoing = bed.record?.phase === 'undoing';
    await using runner = await node.open(portsOf(bed));
    await runner.recover({ abandon: false });
    const ended = await node.run(runner, undefined);
    t.match(ended, { outcome: 'failed', message: /was not brought to the SSD, and is as before/ }, `${before}`);
    if (wasUndoing) t.match(ended.message, /interrupted while it was put back/);
    t.match(bed, { isMounted: false, isRunning: true, record: undefined }, `${before}`);
  }
});

void t.test('given up from the console it is as before, or on the SSD where it counts already', async (t) => {
  for (let before = 1; ; before += 1) {
    const bed = new MigrationBed();
    using node = acting();
    if (!(await die(bed, node, action('migrate'), before))) break;
    await using runner = await node.open(portsOf(bed));
    const [ended] = await runner.recover({ abandon: true });
    t.match(ended?.outcome, /^(?:failed|done)$/, `${before}`);
    t.ok(isWhole(bed), `${before}: it sees ${bed.seen ?? 'nothing'}`);
  }
});
