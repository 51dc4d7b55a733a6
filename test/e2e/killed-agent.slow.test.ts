import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import * as v from 'valibot';
import { exitCodes } from '../../cli/exit-codes.ts';
import { eventually } from '../support/eventually.ts';
import { HeldTasks } from '../support/held-tasks.ts';
import { mostAtOnce, readDisturbances } from '../support/overlaps.ts';
import { mustRun, run, type Daemon } from '../support/programs.ts';
import { recordingRelease } from '../support/recording-release.ts';
import { SandboxCluster } from '../support/sandbox-cluster.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { eventsSchema, parseJson, rolloutsSchema, slotsSchema } from '../support/uvsctl-json.ts';

const dir = mkdtempSync(join(tmpdir(), 'uvs-e2e-'));
const names = ['demo154', 'demo155', 'demo156', 'demo157'] as const;
type Name = (typeof names)[number];
const cluster = new SandboxCluster({ dir, nodes: names.map((hostname) => ({ hostname, roles: ['osd'] })) });
const record = join(dir, 'record');
const held = new HeldTasks(join(dir, 'held'));
/** So many that reading back takes a moment. */
const FILES = 2_000;

t.before(async () => {
  writeFileSync(record, '');
  await cluster.start();
  await cluster.uvsctlOk('push', await build(16), '--all', '--parallel', '4', '--reason', 'first installation', '--yes');
});
t.teardown(async () => {
  if (!t.passing()) t.comment(cluster.logTails());
  await cluster.stop();
  rmSync(dir, { recursive: true });
});

function build(seq: number, files = FILES, isPostIdempotent = true): Promise<string> {
  const release = { version: `2.14.${seq}`, releaseSeq: seq, record, holdSeconds: 0, files, isPostIdempotent };
  return cluster.buildRelease(`r${seq}`, recordingRelease(dir, { ...release, pre: held.text('pre'), post: held.text('post') }));
}

function agent(name: Name): Daemon {
  const daemon = cluster.agents.get(name);
  if (daemon === undefined) throw new Error(`there is no agent ${name}`);
  return daemon;
}

const operationsSchema = v.object({ operations: v.array(v.object({ operation: v.string(), phase: v.string() })) });

/** What the node's own journal says that it is doing. */
async function journalled(name: Name): Promise<{ readonly operation: string; readonly phase: string } | undefined> {
  const { operations } = parseJson(operationsSchema, await mustRun('uvs-agent', ['--root', cluster.nodeRoot(name), 'status', '--json']));
  return operations[0];
}

/** Kills the agent. Returns the phase in which it died, by its journal; "none" where it was between two operations. */
async function kill(name: Name): Promise<string> {
  await agent(name).stop('SIGKILL');
  return (await journalled(name))?.phase ?? 'none';
}

const files = (name: Name): readonly string[] => snapshot(cluster.nodeRoot(name));
/** Says so in the test's name, which is what is left of a long report. */
function isAllNew(t: Test, name: Name, reference: readonly string[]): void {
  const found = differences(files(name), reference);
  t.same(found, [], [`${name} is all new`, ...found].join(', not '));
}

/** The first few lines that only one of them has. */
function differences(found: readonly string[], wanted: readonly string[]): readonly string[] {
  const [left, right] = [new Set(found), new Set(wanted)];
  return [...found.filter((line) => !right.has(line)), ...wanted.filter((line) => !left.has(line))].slice(0, 6);
}

const begun = (): readonly string[] => readDisturbances(record).map(({ node }) => node);

/** The node was put back as it was: that ends its disturbance, and by the failure policy no other may have begun since. */
function endOf(name: Name): void {
  appendFileSync(record, `end ${name} ${uptimeMs()}\n`);
}

function uptimeMs(): number {
  return Math.trunc(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000);
}

async function newest(): Promise<{ readonly id: string; readonly state: string; readonly reason: string }> {
  const { rollouts } = parseJson(rolloutsSchema, await cluster.uvsctlOk('--json', 'rollouts', 'list', '--limit', '1'));
  const [rollout] = rollouts;
  return { id: rollout?.name.replace('rollouts/', '') ?? '', state: rollout?.state ?? '', reason: rollout?.stateReason ?? '' };
}

/** Waits for something that happens during a rollout. @throws Error with what was said where the rollout has come to rest before */
async function unlessOver(watched: ReturnType<typeof resume>, happening: Promise<void>): Promise<void> {
  const over = watched.then(({ said }) => {
    throw new Error(`the rollout rests: ${said}`);
  });
  await Promise.race([happening, over]);
}

async function resume(id: string): Promise<{ readonly code: number | undefined; readonly said: string }> {
  await cluster.uvsctlOk('rollouts', 'resume', id);
  const { code, stdout, stderr } = await cluster.uvsctl('rollouts', 'watch', id);
  return { code, said: stdout + stderr };
}

void t.test(
  'an agent killed in its tasks or while it reads back leaves its node old or new, and no second node is ever disturbed',
  async (t) => {
    const old = new Map(names.map((name) => [name, files(name)]));
    const changes = (name: Name): readonly string[] => differences(files(name), old.get(name) ?? []);
    writeFileSync(record, '');
    held.hold('pre', 'demo154');
    held.hold('post', 'demo156');

    t.comment('in the pre task: back to the old release, and the rollout pauses');
    const pushed = cluster.uvsctl('push', await build(17), '--all', '--rolling', '--yes');
    await held.reached('pre', 'demo154');
    t.equal(await kill('demo154'), 'pre');
    agent('demo154').start();
    const first = await pushed;
    held.release('pre', 'demo154');
    t.equal(first.code, 20, first.stdout + first.stderr);
    t.match(first.stdout, /paused: demo154 failed: .*the agent was interrupted in pre/u);
    t.match(first.stderr, 'uvsctl rollouts resume');
    t.same(changes('demo154'), [], 'it is all old');
    t.same(begun(), ['demo154']);
    endOf('demo154');
    const { id } = await newest();

    t.comment('while it reads back, and in the post task: both go on to the new release, and the rollout never stops');
    const third = resume(id);
    await eventually('demo155 has run its post task', () => /^end demo155 /mu.test(readFileSync(record, 'utf8')), 60_000);
    t.comment(`killed in ${await kill('demo155')}`);
    agent('demo155').start();
    await unlessOver(third, held.reached('post', 'demo156'));
    t.equal(await kill('demo156'), 'post');
    held.release('post', 'demo156');
    agent('demo156').start();
    const last = await third;
    t.equal(last.code, 0, last.said);

    const reference = files('demo157');
    for (const name of names) isAllNew(t, name, reference);
    t.same(new Set(begun()), new Set(names));
    t.equal(mostAtOnce(readDisturbances(record)), 1);
    t.comment(`rolling push with agents killed: most disturbed at once ${mostAtOnce(readDisturbances(record))}`);
  },
);

void t.test('an agent killed while it waits for its turn takes it when it is back', async (t) => {
  writeFileSync(record, '');
  await cluster.uvsctlOk('freeze', '--reason', 'so that all wait');
  await cluster.uvsctlOk('push', await build(18, 0), '--all', '--rolling', '--yes', '--detach', '--wait-deadline', '30s');
  const { id } = await newest();
  const waits = (name: Name) => async () =>
    new RegExp(`${name} .*STAGED|${name} .*staged`, 'u').test(await cluster.uvsctlOk('rollouts', 'show', id));
  for (const name of names) await eventually(`${name} is staged`, waits(name));
  const [first] = names;
  t.equal(await kill(first), 'staged');
  agent(first).start();
  await cluster.uvsctlOk('thaw', '--reason', 'the storm is over');
  const { code, stdout, stderr } = await cluster.uvsctl('rollouts', 'watch', id);
  t.equal(code, 0, stdout + stderr);
  t.equal(mostAtOnce(readDisturbances(record)), 1);
});

void t.test('while an agent stays dead its slot stays held and no other node begins, and the view says why', async (t) => {
  const old = files('demo154');
  writeFileSync(record, '');
  held.hold('pre', 'demo154');
  await cluster.uvsctlOk('push', await build(19, 0), '--all', '--rolling', '--yes', '--detach', '--step-deadline', '6s');
  await held.reached('pre', 'demo154');
  t.equal(await kill('demo154'), 'pre');
  const { id } = await newest();
  const whileRunning = await eventually('the view says that it is silent', async () => {
    const shown = await cluster.uvsctlOk('rollouts', 'show', id);
    return shown.includes('it is silent') ? shown : undefined;
  });
  // a slow machine may show it first once the deadline has passed
  t.match(whileRunning, /Waits for  .*demo154: it has begun, and it is silent: see that its machine is up and uvs-agent runs/);

  for (const attempt of ['at first', 'after a resume']) {
    const paused = await eventually('the deadline has passed', async () => {
      const rollout = await newest();
      return rollout.state === 'ROLLOUT_STATE_PAUSED' ? rollout : undefined;
    });
    t.match(paused.reason, /demo154 was not confirmed within 6 s of its beginning: .* and it is silent/u, attempt);
    const { slots } = parseJson(slotsSchema, await cluster.uvsctlOk('--json', 'slots', 'list'));
    t.match(slots, [{ hostname: 'demo154', state: 'SLOT_STATE_BEGUN' }], `${attempt} the slot is held`);
    t.equal(slots.length, 1);
    t.same(begun(), ['demo154'], `${attempt} no other node has begun`);
    if (attempt === 'at first') await cluster.uvsctlOk('rollouts', 'resume', id);
  }

  agent('demo154').start();
  const freed = async (): Promise<boolean> => parseJson(slotsSchema, await cluster.uvsctlOk('--json', 'slots', 'list')).slots.length === 0;
  await eventually('the node is back and its slot is free', freed, 30_000);
  t.same(differences(files('demo154'), old), [], 'it is all old');
  t.same(begun(), ['demo154']);
  endOf('demo154');
  held.release('pre', 'demo154');
  const { code, said } = await resume(id);
  t.equal(code, 0, said);
  t.equal(mostAtOnce(readDisturbances(record)), 1);
  for (const name of names) isAllNew(t, name, files('demo157'));
});

void t.test('a node that an operator accepted before its agent could tell anybody comes out of its slot, its step failed', async (t) => {
  writeFileSync(record, '');
  held.hold('post', 'demo154');
  await cluster.uvsctlOk('push', await build(20, 0, false), '--all', '--rolling', '--yes', '--detach');
  await held.reached('post', 'demo154');
  t.equal(await kill('demo154'), 'post');
  const { operation = '' } = (await journalled('demo154')) ?? {};
  const recover = (...args: readonly string[]) => run('uvs-agent', ['--root', cluster.nodeRoot('demo154'), 'recover', ...args]);
  t.match(await recover(), { code: 7, stdout: /needs-operator: NEEDS_OPERATOR: post task record-end was interrupted/ });
  t.match(await recover('--accept', operation), { code: 2, stderr: /it is not said why, which --accept needs/ });
  const brought = join(cluster.nodeRoot('demo154'), 'etc/uvs/release');
  const content = readFileSync(brought);
  writeFileSync(brought, 'by hand');
  t.match(await recover('--accept', operation, '--reason', 'migrated by hand'), {
    code: exitCodes.CONFLICT,
    stderr: /of no one release: 1 as 2\.14\.20 has them \(etc\/uvs\/payload\), 1 neither \(etc\/uvs\/release .*--mixed/su,
  });
  writeFileSync(brought, content);
  t.match(await recover('--accept', operation, '--reason', 'migrated by hand'), { code: 0, stdout: /: failed: .*\(migrated by hand\)/ });
  held.release('post', 'demo154');
  t.match(parseJson(slotsSchema, await cluster.uvsctlOk('--json', 'slots', 'list')).slots, [{ state: 'SLOT_STATE_BEGUN' }]);

  agent('demo154').start();
  const paused = await eventually('its end was heard', async () => {
    const rollout = await newest();
    return rollout.state === 'ROLLOUT_STATE_PAUSED' ? rollout : undefined;
  });
  t.match(paused.reason, /demo154 failed: .*an operator accepted the node as it is \(migrated by hand\)/u);
  const { events } = parseJson(eventsSchema, await cluster.uvsctlOk('--json', 'events', 'list', '--resource', 'nodes/demo154'));
  t.match(
    events.filter(({ action, message }) => action === 'slots.ended' && message.startsWith(operation)),
    [
      {
        actor: /^node\//u,
        message: `${operation}: failed (NEEDS_OPERATOR: an operator accepted the node as it is (migrated by hand): every file is as 2.14.20 brings it, which is installed now, after `,
      },
    ],
    "the operator's reason is in the audit log",
  );
  const { slots } = parseJson(slotsSchema, await cluster.uvsctlOk('--json', 'slots', 'list'));
  t.same(slots, [], 'the slot is free');
  const shown = await cluster.uvsctlOk('nodes', 'show', 'demo154');
  t.match(shown, /^UVS Version +2\.14\.20$/mu, 'and what is there is told');
  t.match(shown, /^Way back +from 2\.14\.20: 2\.14\.\d+ is retained/mu);
  t.same(begun(), ['demo154'], 'no other node has begun');
  t.equal(await journalled('demo154'), undefined);
  endOf('demo154');
  const { code, said } = await resume(paused.id);
  t.equal(code, 0, said);
  for (const name of names) isAllNew(t, name, files('demo157'));
});

void t.test(
  'an agent that lost its journal in the middle frees nothing by its word, and an operator who looked at the node does',
  async (t) => {
    writeFileSync(record, '');
    held.hold('pre', 'demo154');
    await cluster.uvsctlOk('push', await build(21, 0), '--node', 'demo154', '--rolling', '--yes', '--detach');
    await held.reached('pre', 'demo154');
    t.equal(await kill('demo154'), 'pre');
    // as the hint of a damaged journal says
    renameSync(join(cluster.nodeRoot('demo154'), 'var/lib/uvs-agent/journal'), join(dir, 'journal.lost'));
    agent('demo154').start();
    const nodeStates = async () => cluster.uvsctlOk('nodes', 'list');
    await eventually('it is in quarantine', async () => /demo154 .*its agent remembers nothing of it/u.test(await nodeStates()), 30_000);
    await cluster.uvsctlOk('slots', 'release', 'demo154', '--reason', 'it hangs', '--yes');
    await eventually('it has told', async () => /demo154 .*needs.(?:an )?operator/u.test(await nodeStates()), 30_000);
    const { slots } = parseJson(slotsSchema, await cluster.uvsctlOk('--json', 'slots', 'list'));
    t.match(slots, [{ state: 'SLOT_STATE_ENDED' }]);
    const second = await cluster.uvsctl('plan', '2.14.21', '--node', 'demo155', '--rolling');
    t.match(second.stdout, /Would wait now .*1 of 1 used: demo154/u);

    await agent('demo154').stop();
    const { operation = '' } = (await journalled('demo154')) ?? {};
    await mustRun('uvs-agent', ['--root', cluster.nodeRoot('demo154'), 'recover', '--accept', operation, '--reason', 'looked at it']);
    agent('demo154').start();
    await eventually(
      'it is free',
      async () => parseJson(slotsSchema, await cluster.uvsctlOk('--json', 'slots', 'list')).slots.length === 0,
      30_000,
    );
    const shown = await cluster.uvsctlOk('nodes', 'show', 'demo154');
    t.match(shown, /^UVS Version +2\.14\.20 \(mixed\)$/mu, 'nobody can tell what it had begun');
    t.match(shown, /^Mixed +since op-.*: this agent remembers nothing of the operation$/mu);
    held.release('pre', 'demo154');
  },
);
