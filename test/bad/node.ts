import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apply } from '../../agent/commands/apply.ts';
import { consolePorts, consoleSetup, type ConsoleNode } from '../../agent/commands/console.ts';
import type { Ended, PackageOrigin } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { unwrapContentKey } from '../../common/upd/recipients.ts';
import { sampleFacts } from '../support/sample-node.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { directory, file, symlink, TestNode } from '../support/update-node.ts';
import { baseline } from './forge.ts';
import type { Kit } from './kit.ts';

/** What the agent writes of any operation, refused or not: its records, its output, that it has ended, and who has the directory. */
const written = ['journal', 'output', 'history.json', 'lock'];

/** A node that has a release, and trusts the kit's root file; bad packages are tried on it. */
export class Victim implements Disposable {
  readonly node = new TestNode();
  /** Points that the agent passed with the last package. */
  readonly passed: string[] = [];
  readonly #identityFile: string;
  readonly #kit: Kit;

  constructor(kit: Kit) {
    this.#kit = kit;
    this.#identityFile = join(this.node.directory, 'identity');
    writeFileSync(this.#identityFile, `${kit.identity}\n`, { mode: 0o600 });
    writeFileSync(this.node.rootFile, kit.root.bytes);
  }

  /** Brings the release that the node has before the attacks. */
  async installBaseline(): Promise<Ended> {
    const components = {
      uvs: { epoch: baseline.epoch, releaseSeq: baseline.releaseSeq },
      extra: { epoch: 0, releaseSeq: baseline.extraSeq },
    };
    const files = [directory('etc'), file('etc/motd', 'Welcome.\n'), directory('opt/app', 0o750), symlink('opt/app/link', '/etc/motd')];
    await this.node.build('baseline', { seq: baseline.releaseSeq, components, files }, [], this.#kit.vendor.slice(0, 2));
    return await this.apply('baseline');
  }

  /** Writes a package to where `apply` and `offer` take it from. */
  put(bytes: Buffer): void {
    writeFileSync(this.node.packagePath('bad'), bytes);
  }

  /** An agent that takes one package after the other: most of what a package costs is the start of an agent. */
  async open(): Promise<Runner> {
    return await Runner.open(await consoleSetup(this.console()), consolePorts(this.console()), 'a test');
  }

  /** As a coordinator has it brought. */
  async offer(runner: Runner, operation: string): Promise<Ended> {
    this.passed.length = 0;
    await using source = await openFileSource(this.node.packagePath('bad'));
    const origin: PackageOrigin = {
      open: () => Promise.resolve(source),
      contentKey: (recipients) => unwrapContentKey(recipients, this.#kit.identity),
    };
    const ended = await runner.runOperation({ operation, packageDigest: '', origin, slots: undefined }, AbortSignal.timeout(20_000));
    await runner.acknowledge(operation);
    return ended;
  }

  /** As an operator brings it at the console. */
  apply(name = 'bad'): Promise<Ended> {
    this.passed.length = 0;
    const options = { file: this.node.packagePath(name), identityFile: this.#identityFile, noSlotReason: 'a test' };
    return apply(this.console(), options, AbortSignal.timeout(20_000));
  }

  console(): ConsoleNode {
    return {
      ...this.node.console(),
      facts: () => Promise.resolve({ ...sampleFacts, board: 'b1' }),
      failpoints: { pass: (point) => void this.passed.push(point) },
      bounds: { fetchPatienceMs: 1000, fetchRetryMs: 10 },
    };
  }

  /** All that must be the same after a refusal: the whole root and what lies beside it, and all that the agent remembers but for `written`. */
  state(): readonly string[] {
    const agent = 'root/var/lib/uvs-agent';
    return snapshot(this.node.directory, ['bad.upd', ...written.map((name) => `${agent}/${name}`)]);
  }

  [Symbol.dispose](): void {
    this.node[Symbol.dispose]();
  }
}
