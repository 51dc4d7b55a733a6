import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { confirm } from '../../agent/m2/migration/confirm.ts';
import { migrate, undo, type MigrateOptions } from '../../agent/m2/migration/migrate.ts';
import { onDiskAct } from '../../common/disk-act.ts';
import { DiskImage, type FileSystem } from './disk-image.ts';
import { MigratedNode } from './migrated-node.ts';
import { fastFolder } from './node-copies.ts';
import { PointNames } from './point-names.ts';
import type { Writeback } from './power-cuts.ts';
import { Tally } from './verdicts.ts';

export interface MigrationCuts {
  readonly fileSystem: FileSystem;
  readonly writeback: Writeback;
  /** What is cut: a migration that is confirmed in the end, or the undoing of one. */
  readonly act: 'migrate' | 'undo';
  /** The power is cut at every so many points. */
  readonly step: number;
}

/** What both disks held at one moment, and how often the service had started on what counted then. */
interface Cut {
  readonly point: string;
  readonly disks: readonly DiskImage[];
  readonly starts: string;
}

/**
 * Cuts the power of a node at acts of a migration of a real monitor's store, boots it with what its disks held, and has the same command go on. At each boot,
 * and in the end, the store has to be whole, with all that the service had written to it.
 */
export async function cutMigration(how: MigrationCuts): Promise<Tally> {
  const tally = new Tally();
  const mounts = mkdtempSync(join(tmpdir(), 'uvs-migration-'));
  const images = mkdtempSync(join(fastFolder(), 'uvs-migration-'));
  try {
    const disks = ['root', 'ssd'].map((name) => DiskImage.make(how.fileSystem, join(images, name)));
    using node = new MigratedNode(mounts, disks);
    node.makeStore();
    // Ceph's tool writes to what it opens
    const keys = node.keys();
    const { store } = node.seen();
    node.boot();
    const before = node.seen().starts;
    if (how.act === 'undo') await migrate(node.wanted, node.options);
    const { starts: onCopy } = node.seen();
    for (const cut of await runAndCut(node, how)) {
      node.exchange(cut.disks);
      const complaints: string[] = [];
      const judge = (when: string, least: string): void => {
        const seen = node.seen();
        if (seen.store !== store) complaints.push(`${when} the store is another one`);
        if (!seen.starts.startsWith(least)) complaints.push(`${when} the service sees ${seen.starts}, and had written ${least}`);
        if (!seen.isRunning) complaints.push(`${when} the service does not run`);
      };
      node.boot();
      const { starts } = node.seen();
      judge('at boot', cut.starts);
      const hadRecord = (await node.options.memory.read()) !== undefined;
      await goOn(node, how.act);
      judge('in the end', how.act === 'undo' ? before : starts);
      if (how.act === 'undo' && !node.setAside().some((kept) => kept.startsWith(onCopy)))
        complaints.push('what was written to the copy is not set aside');
      if (node.keys() !== keys) complaints.push('Ceph finds other keys in the store');
      tally.add(cut.point, hadRecord ? 'old' : 'new', complaints, undefined);
      for (const disk of cut.disks) rmSync(disk.path);
    }
    return tally;
  } finally {
    rmSync(mounts, { recursive: true });
    rmSync(images, { recursive: true });
  }
}

async function whole(node: MigratedNode, act: MigrationCuts['act']): Promise<void> {
  if (act === 'undo') return await undo(node.options);
  await migrate(node.wanted, node.options);
  await confirm(node.options);
}

/** The same command once more, as an operator gives it who sees how far it is. */
async function goOn(node: MigratedNode, act: MigrationCuts['act']): Promise<void> {
  const { machine, memory }: MigrateOptions = node.options;
  const record = await memory.read();
  if (act === 'undo') return record === undefined ? undefined : await undo(node.options);
  const isOn = await machine.isSwitchedOn(node.wanted.directory);
  if (record === undefined && isOn) return; // it was confirmed
  if (record?.phase === 'removing') return await confirm(node.options);
  await whole(node, act);
}

async function runAndCut(node: MigratedNode, how: MigrationCuts): Promise<readonly Cut[]> {
  const cuts: Cut[] = [];
  const names = new PointNames(node.wanted.directory);
  let passed = 0;
  const pass = (point: string): void => {
    if (how.writeback === 'names-at-once') node.commitNames(passed);
    const { starts } = node.seen();
    if (passed % how.step === 0) cuts.push({ point, disks: node.copyDisks(`cut-${passed}`), starts });
    passed += 1;
  };
  using _ = onDiskAct((act) => pass(names.act(act)));
  await whole(node, how.act);
  pass('the end');
  return cuts;
}
