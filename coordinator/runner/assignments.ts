import type { Leading } from '../core/leading.ts';
import { settleStep, writeAssignments } from '../core/rollout-transactions.ts';
import type { PackageRecord } from '../domain.ts';
import { hasRelease } from '../fits.ts';
import { digestOf } from '../goal.ts';
import { keys } from '../state/keys.ts';
import type { RolloutRecords } from '../state/mirror.ts';
import { parseRecord } from '../state/parse.ts';
import { packageSchema } from '../state/records.ts';
import type { BackgroundWork } from './background-work.ts';
import type { CommandThrottle } from './command-throttle.ts';

/** Gives nodes their operations: what they are to do, with the package that they are to fetch for it. */
export class Assignments {
  readonly #leading: Leading;
  readonly #background: BackgroundWork;
  readonly #commands: CommandThrottle;
  /** By digest, as far as they were needed in this term. */
  readonly #packages = new Map<string, PackageRecord>();

  constructor(leading: Leading, background: BackgroundWork, commands: CommandThrottle) {
    this.#leading = leading;
    this.#background = background;
    this.#commands = commands;
  }

  /** Makes the operations of many steps in few transactions, then sends them. */
  async assign(rollout: RolloutRecords, uids: readonly string[]): Promise<void> {
    const digest = digestOf(rollout.plan.spec);
    if (digest !== undefined) await this.#read(digest);
    const lacking: string[] = [];
    for (const uid of uids) {
      const needless = this.#needless(rollout, uid, digest);
      if (needless === undefined) lacking.push(uid);
      else this.#passOver(rollout, uid, needless);
    }
    const records = await writeAssignments(this.#leading, rollout, lacking);
    for (const { uid, operation } of records) this.send(rollout, uid, operation);
  }

  /** Sends one, for the first time or again. */
  send(rollout: RolloutRecords, uid: string, operation: string): void {
    this.#commands.send('assign', operation, () => this.#send(rollout, uid, operation));
  }

  /** Says why there is nothing to be done on a node by now, or nothing that it could do; undefined: there is. */
  #needless({ plan: { spec, version } }: RolloutRecords, uid: string, digest: string | undefined): string | undefined {
    const { goal } = spec;
    if (goal.kind === 'migration') {
      const facts = this.#leading.link.live(uid)?.facts;
      // an older agent would not understand what it is given, and the node would be waited for
      return facts !== undefined && facts.m2 === undefined ? `its agent (${facts.agentVersion}) knows of no SSD` : undefined;
    }
    if (goal.kind !== 'rollback') return digest !== undefined && this.#hasAlready(uid, digest) ? `already has ${version}` : undefined;
    const facts = this.#leading.link.live(uid)?.facts;
    if (facts === undefined) return undefined;
    // an older agent would not understand what it is given, and the node would be waited for
    if (facts.waysBack === undefined) return `its agent (${facts.agentVersion}) can't go back`;
    return facts.installed.some(({ manifestHash }) => manifestHash === goal.release) ? undefined : `does not have ${goal.version} any more`;
  }

  /** It came there from its console, or under a slot that etcd has forgotten: the agent would refuse it. */
  #hasAlready(uid: string, digest: string): boolean {
    const { link } = this.#leading;
    const pkg = this.#packages.get(digest);
    const installed = link.live(uid)?.facts.installed;
    return pkg !== undefined && installed !== undefined && hasRelease(installed, pkg);
  }

  #passOver({ plan: { id } }: RolloutRecords, uid: string, message: string): void {
    const settled = { uid, settlement: 'skipped', message } as const;
    this.#background.start(`settle ${id} ${uid}`, 'step could not be settled', () => settleStep(this.#leading, id, settled));
  }

  #send({ plan }: RolloutRecords, uid: string, operation: string): void {
    const { goal } = plan.spec;
    if (goal.kind !== 'release') {
      this.#leading.link.assign(uid, { operation, action: goal });
      return;
    }
    const digest = goal.package;
    const known = this.#packages.get(digest);
    if (known === undefined) {
      this.#background.start(`package ${digest}`, 'package could not be read', () => this.#read(digest));
      this.#commands.unsent('assign', operation);
      return;
    }
    this.#leading.link.assign(uid, {
      operation,
      packageDigest: digest,
      packageSizeBytes: known.sizeBytes,
      manifestHash: known.manifestHash,
      rollBackAfterMs: plan.spec.rollBackAfterMs,
    });
  }

  async #read(digest: string): Promise<void> {
    if (this.#packages.has(digest)) return;
    const entry = await this.#leading.etcd.get(keys.package(digest));
    if (entry !== undefined) this.#packages.set(digest, parseRecord(packageSchema, entry));
  }
}
