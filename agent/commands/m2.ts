import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { UvsError } from '../../common/errors.ts';
import { safeLine } from '../../common/safe-text.ts';
import { Journal } from '../journal.ts';
import { describeJudged, chooseDisk, type M2Policy } from '../m2/policy.ts';
import { DirectoryProbe } from '../m2/directory-probe.ts';
import { m2Memory } from '../m2/memory.ts';
import { confirm } from '../m2/migration/confirm.ts';
import { migrate, undo, type MigrateOptions } from '../m2/migration/migrate.ts';
import { migrationsAt } from '../m2/migration/migrations-at.ts';
import { describeMigration, migrationMemory } from '../m2/migration/record.ts';
import { m2Standing, MOUNT_POINT } from '../m2/observe.ts';
import { describePlan, planM2, type M2Plan, type M2Word } from '../m2/plan.ts';
import type { M2Machine } from '../m2/ports.ts';
import { prepareM2 } from '../m2/prepare.ts';
import { replayOperations } from '../operation-state.ts';
import { takeLock } from '../os/lock.ts';
import { lockStateDirectory, openStateDirectory } from '../state-directory.ts';
import { demandNoneOpen } from './interrupted.ts';
import { serviceName } from './service-name.ts';

export interface M2Node {
  /** Absolute; only the machine itself has disks. */
  readonly root: string;
  readonly statePath: string;
  readonly policy: M2Policy;
  readonly machine: M2Machine;
  readonly print: (line: string) => void;
}

/** `uvs-agent m2 show`: how it stands, and which disks there are. */
export async function showM2(node: M2Node): Promise<void> {
  const print = (line: string): void => node.print(safeLine(line));
  const standing = await m2Standing(node.statePath, new DirectoryProbe(MOUNT_POINT));
  print(`${MOUNT_POINT}: ${standing.state}${standing.message === '' ? '' : `: ${standing.message}`}`);
  const moving = await migrationMemory(node.statePath).read();
  if (moving !== undefined) print(describeMigration(moving));
  const choice = chooseDisk(await node.machine.disks(), node.policy, MOUNT_POINT);
  const judged = choice.kind === 'one' ? [{ disk: choice.disk, against: '' }, ...choice.others] : choice.judged;
  for (const line of describeJudged(judged)) print(line);
}

/** `uvs-agent m2 plan`: what `prepare` would do. @throws UvsError as planM2 */
export async function showPlan(node: M2Node, word: M2Word): Promise<void> {
  for (const line of describePlan(await planOf(node, word), MOUNT_POINT)) node.print(safeLine(line));
}

/** `uvs-agent m2 prepare`: does it, after the plan was shown. @throws UvsError BUSY, and as planM2 and prepareM2 */
export async function prepare(node: M2Node, word: M2Word): Promise<void> {
  demandMachine(node);
  const state = await openStateDirectory(node.statePath);
  // of its own: an update may go on beside it, and a disk that a migration uses is in use, which the plan refuses
  await using _lock = await takeLock(join(state.path, 'm2.lock'), 'uvs-agent m2 prepare');
  const plan = await planOf(node, word);
  for (const line of describePlan(plan, MOUNT_POINT)) node.print(safeLine(line));
  const print = (line: string): void => node.print(safeLine(line));
  await prepareM2(plan, { mountPoint: MOUNT_POINT, machine: node.machine, memory: m2Memory(state.path), newUuid: randomUUID, print });
}

/**
 * `uvs-agent m2 migrate`: brings a directory to the SSD while its services are stopped.
 * @throws UvsError BUSY, and as `migrate`
 */
export async function migrateDirectory(
  node: M2Node,
  wanted: { directory: string; units: readonly string[]; reason: string },
): Promise<void> {
  const units = wanted.units.map(serviceName);
  await onDirectories(node, 'migrate', (options) => migrate({ ...wanted, units }, options));
}

/** `uvs-agent m2 confirm` and `m2 undo`. @throws UvsError BUSY, and as those */
export async function endMigration(node: M2Node, how: 'confirm' | 'undo'): Promise<void> {
  await onDirectories(node, how, how === 'confirm' ? confirm : undo);
}

async function onDirectories(node: M2Node, what: string, act: (options: MigrateOptions) => Promise<void>): Promise<void> {
  demandMachine(node);
  const state = await openStateDirectory(node.statePath);
  // no operation may start a service meanwhile, nor stage files where a mount comes
  await using _lock = await lockStateDirectory(state, `uvs-agent m2 ${what}`);
  demandNoneOpen(replayOperations(await Journal.read(state.path)).values(), `m2 ${what}`);
  const migrations = migrationsAt(node.root, state.path);
  if (migrations === undefined) throw sandboxed(node.root);
  // it is the operator's word that the node may be out of service
  await act({ ...migrations, print: (line) => node.print(safeLine(line)), say: () => undefined, mayDisturb: async () => undefined });
}

async function planOf(node: M2Node, word: M2Word): Promise<M2Plan> {
  demandMachine(node);
  return await planM2({
    disks: await node.machine.disks(),
    policy: node.policy,
    mountPoint: MOUNT_POINT,
    word,
    begun: await m2Memory(node.statePath).read(),
    contentsOf: (disk) => node.machine.contentsOf(disk),
    atMountPoint: await node.machine.atMountPoint(MOUNT_POINT),
  });
}

function demandMachine({ root }: M2Node): void {
  if (root !== '/') throw sandboxed(root);
}

function sandboxed(root: string): UvsError {
  return new UvsError('INVALID_ARGUMENT', `the root is a sandbox (${root}), and the disks are the machine's`, {
    hint: 'Leave --root out.',
  });
}
