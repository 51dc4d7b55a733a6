import type { Test } from 'tap';
import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import { Runner } from '../../agent/runner.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import type { EntrySpec } from '../../common/upd/writer.ts';
import { snapshot } from './tree-snapshot.ts';
import { file, type TestNode } from './update-node.ts';

/** What is tried with a node's own paths, and what the refusal has to say. */
export type PathAttacks = Readonly<Record<string, readonly [files: readonly EntrySpec[], why: RegExp]>>;

/** Brings one package after the other to a node: each must be refused, by name, before anything is staged, and leave the root as it was. */
export async function refuseAll(t: Test, node: TestNode, attacks: PathAttacks, without = ['var/lib/uvs-agent']): Promise<void> {
  const before = snapshot(node.root, without);
  const passed: string[] = [];
  const ports = { ...consolePorts(node.console()), failpoints: { pass: (point: string) => void passed.push(point) } };
  await using runner = await Runner.open(await consoleSetup(node.console()), ports, 'a test');
  let seq = 1;
  for (const [name, [files, why]] of Object.entries(attacks)) {
    seq += 1;
    await node.build('bad', { seq, files: [file('srv/harmless', name), ...files] });
    await using source = await openFileSource(node.packagePath('bad'));
    const origin = { open: () => Promise.resolve(source), contentKey: () => Promise.reject(new Error('not encrypted')) };
    passed.length = 0;
    const operation = `op-${seq}`;
    const ended = await runner.runOperation({ operation, packageDigest: '', origin, slots: undefined }, new AbortController().signal);
    await runner.acknowledge(operation);
    t.match(ended, { outcome: 'failed', message: /^PATH_FORBIDDEN: / }, name);
    t.match(ended.message, why, name);
    t.notOk(passed.includes('opened'), `${name}: before anything is staged`);
    t.strictSame(snapshot(node.root, without), before, name);
  }
}
