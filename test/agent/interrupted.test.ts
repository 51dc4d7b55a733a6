import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { adviceOn, afterRecovery, demandNoneOpen, isAgentsToGoOn, otherThan, type Interrupted } from '../../agent/commands/interrupted.ts';
import { recover } from '../../agent/commands/recover.ts';
import { readStatus, status } from '../../agent/commands/status.ts';
import { errorOf } from '../support/failure.ts';
import { memoryNode } from '../support/memory-node.ts';
import { bundleChild, file, runChild, task, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(200_000 * patience);
const programs = new TestNode();
t.teardown(() => programs[Symbol.dispose]());

const inPost: Interrupted = { operation: 'op-1', phase: 'post', action: undefined, needsSlot: true, failedTask: undefined };
const joined = { root: '/', hasJoined: true };

void t.test('the agent goes on with what waits for a coordinator’s word; what goes back does so by either way', (t) => {
  t.ok(isAgentsToGoOn(inPost));
  t.ok(isAgentsToGoOn({ ...inPost, phase: 'confirming' }));
  t.ok(isAgentsToGoOn({ ...inPost, phase: 'restarting', action: { kind: 'restart', units: ['a.service'] } }));
  for (const phase of ['begun', 'pre', 'stopping', 'committing', 'starting', 'back'] as const)
    t.notOk(isAgentsToGoOn({ ...inPost, phase }), phase);
  t.notOk(isAgentsToGoOn({ ...inPost, needsSlot: false }), 'nobody has to be asked');
  t.notOk(isAgentsToGoOn({ ...inPost, failedTask: 'check' }), 'what follows is decided');
  t.end();
});

void t.test('starting the agent is advised first, and recover where there is no cluster', (t) => {
  t.equal(
    adviceOn(inPost, joined),
    'op-1 was interrupted in post, and no agent runs: start it (systemctl start uvs-agent), which asks a coordinator and goes on. `uvs-agent recover` asks nobody and takes the release back: only where no coordinator can be reached for long; start the agent afterwards',
  );
  t.equal(
    adviceOn({ ...inPost, phase: 'committing' }, { ...joined, root: '/srv/n' }),
    "op-1 was interrupted in committing, and no agent runs: start it (uvs-agent --root /srv/n run), which brings this to its end. Where it can't be started, `uvs-agent --root /srv/n recover` does; start the agent afterwards, which tells the coordinator",
  );
  t.match(adviceOn(inPost, { root: '/', hasJoined: false }), /no agent runs: bring it to its end with: uvs-agent recover$/);
  t.end();
});

void t.test('after a recovery nothing is said where nobody waits to hear of it, or an operator has to look first', (t) => {
  const before = new Map([['op-1', inPost]]);
  t.strictSame(afterRecovery([], before, joined), []);
  t.strictSame(afterRecovery([{ operation: 'op-1', outcome: 'needs-operator' }], before, joined), []);
  t.strictSame(afterRecovery([{ operation: 'op-1', outcome: 'installed' }], before, { ...joined, hasJoined: false }), []);
  t.equal(afterRecovery([{ operation: 'op-1', outcome: 'installed' }], before, joined).length, 1);
  t.end();
});

void t.test('who accepts an operation that needs nobody is told which one does', async (t) => {
  const open = (...phases: readonly Interrupted['phase'][]) =>
    new Map(phases.map((phase, index) => [`op-${index}`, { operation: `op-${index}`, phase }]));
  t.equal(otherThan('op-9', open('needs-operator', 'fetching', 'needs-operator')), 'Those that do are op-0, op-2.');
  t.match(otherThan('op-0', open('staged')), /^It is in staged, where nothing has been disturbed/);
  using node = memoryNode();
  t.match(await errorOf(recover(node.console(), { operation: 'op-9', reason: 'seen', isMixed: false })), {
    reason: 'NOT_FOUND',
    message: 'no operation op-9 needs an operator here',
    hint: /^None does, so there is nothing to accept/,
  });
});

void t.test(
  'a release that was interrupted in post: status says that the agent goes on, recover that it gave it up, and what is left to do',
  async (t) => {
    const program = await bundleChild(programs.directory);
    using node = memoryNode();
    await node.build('one', { seq: 1, files: [file('opt-a', 'one')], tasks: [task('post', 'note', 'true')] });
    const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('one'), hasSlots: true } as const;
    t.equal((await runChild(program, { ...order, dieAt: 'post-recorded' })).signal, 'SIGKILL');
    const member = { ...node.console(), hasJoined: true };
    const { operation = '', advice } = (await readStatus(member)).operations[0] ?? {};
    t.match(
      advice,
      new RegExp(`^${operation} was interrupted in post, and no agent runs: start it .*, which asks a coordinator and goes on\\.`, 'u'),
    );
    await status(member, { json: false });
    t.ok(node.printed.includes(advice ?? 'none'));
    t.match(await recover(member), [{ operation, outcome: 'rolled-back' }]);
    t.strictSame(node.printed.slice(-2), [
      `${operation} was given up because \`recover\` asks no coordinator: the agent would have asked one, and gone on.`,
      `Start the agent (uvs-agent --root ${node.root} run): it tells the coordinator of this end, which keeps a slot taken until then.`,
    ]);
    t.notOk(existsSync(join(node.root, 'opt-a')));
  },
);

void t.test('while a release or its way back is open no mount is changed; a migration that was cut is gone on with', (t) => {
  const open = { operation: 'op-1', phase: 'back', action: undefined } as const;
  t.throws(() => demandNoneOpen([open], 'm2 migrate'), {
    reason: 'NOT_ALLOWED_NOW',
    message: 'op-1 is not over, it is in back: no m2 migrate meanwhile',
  });
  demandNoneOpen([{ ...open, phase: 'rolled-back' }], 'm2 migrate');
  demandNoneOpen(
    [{ operation: 'op-1', phase: 'migrating', action: { kind: 'migration', act: 'migrate', directory: '/srv', units: [] } }],
    'm2 undo',
  );
  t.end();
});
