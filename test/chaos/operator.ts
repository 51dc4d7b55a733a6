import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { toUvsError } from '../../common/errors.ts';
import type { MethodName, RequestOf, ResponseOf, ServiceName } from '../../common/rpc/services.ts';
import type { Rollout__Output } from '../../proto/gen/uvs/v1/Rollout.ts';
import { mustRun, run } from '../support/programs.ts';
import type { ChaosCluster } from './cluster.ts';
import type { ChaosLog } from './log.ts';
import { markingRelease } from './marks.ts';
import type { Seeded } from './seeded.ts';
import type { PushedRelease } from './verdict.ts';
import { Listener, SILENCE_MS } from './wordless.ts';

export interface OperatorOptions {
  readonly cluster: ChaosCluster;
  readonly folder: string;
  readonly record: string;
  readonly chance: Seeded;
  readonly log: ChaosLog;
  readonly parallelBudget: number;
  readonly agents: readonly string[];
}

/** What a rollout is to be like; else that is drawn. */
export interface Wish {
  readonly mode: PushedRelease['mode'];
  /** Over so many nodes, whichever. */
  readonly nodes: number;
  readonly holdSeconds: number;
  readonly isAborted: boolean;
}

const CALL_MS = 5_000;
const POLL_MS = 400;
/** One in so many rollouts is aborted on its way. */
const ABORTED_RARELY = 5;
/** For each part of a node's step; it pauses the rollout then. */
export const STEP_DEADLINE_MS = 60_000;
const deadline = STEP_DEADLINE_MS / 1000;
const DEADLINES = { stageDeadlineSeconds: deadline, waitDeadlineSeconds: deadline, stepDeadlineSeconds: deadline };

/** Pushes one release after the other, and resumes what has paused, as the person on duty would. */
export class Operator {
  readonly releases = new Map<string, PushedRelease>();
  readonly ended = new Map<string, number>();
  /** Reasons of pauses, and rollouts that stood still without a word. */
  readonly violations: string[] = [];
  pauses = 0;
  longestStallMs = 0;
  readonly #options: OperatorOptions;
  #seq = 0;

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  /** Pushes until the signal; the last rollout is brought to its end, for which `lastMs` is left then. @throws Error where it does not end */
  async run(signal: AbortSignal, lastMs: number): Promise<void> {
    while (!signal.aborted) await this.push(signal, lastMs);
  }

  /**
   * One rollout from the package to its end.
   * @returns how it ended
   * @throws Error where it does not within `lastMs` of the signal
   */
  async push(signal: AbortSignal, lastMs: number, wish?: Wish): Promise<string> {
    const { parallelBudget, log } = this.#options;
    this.#seq += 1;
    const version = `1.0.${this.#seq}`;
    const { mode, isAborted, holdSeconds, nodes } = wish ?? this.#draw();
    const among = this.#options.chance.shuffled(this.#options.agents).slice(0, nodes);
    const abortAfterMs = isAborted ? this.#options.chance.between(2_000, 15_000) : Number.POSITIVE_INFINITY;
    const file = await this.#build(version, holdSeconds);
    const digest = await this.#insist('uploading', () => this.#upload(file));
    this.releases.set(version, { mode, budget: mode === 'rolling' ? 1 : parallelBudget });
    const name = await this.#create(digest, mode, among);
    log.write('rollout', { name, version, mode, among });
    return await this.#follow(name, { signal, lastMs, abortAfterMs });
  }

  #draw(): Wish {
    const { chance } = this.#options;
    const isAborted = chance.between(1, ABORTED_RARELY) === 1;
    // few by turns, many at once: both have to come to their end now and then
    return this.#seq % 2 === 1
      ? { mode: 'rolling', isAborted, nodes: chance.between(4, 7), holdSeconds: chance.between(0, 10) / 10 }
      : { mode: 'parallel', isAborted, nodes: chance.between(8, 16), holdSeconds: chance.between(5, 20) / 10 };
  }

  async #build(version: string, holdSeconds: number): Promise<string> {
    const { folder, record } = this.#options;
    const spec = markingRelease(join(folder, 'releases'), { version, releaseSeq: this.#seq, record, holdSeconds });
    const file = join(folder, 'releases', version, 'release.upd');
    const { cluster: state } = await this.#call('uvs.v1.ClusterService', 'GetCluster', {});
    const key = join(folder, 'keys/vendor.key');
    await mustRun('upd', ['build', spec, '--key', key, '--recipient', state?.packageRecipient ?? '', '-o', file]);
    return file;
  }

  async #upload(file: string): Promise<string> {
    const args = ['--credential', this.#options.cluster.credentialFile, '--json', 'packages', 'upload', file];
    const { code, stdout, stderr } = await run('uvsctl', args, { deadlineMs: 30_000 });
    if (code !== 0) throw new Error(stderr);
    return v.parse(v.object({ digest: v.string() }), JSON.parse(stdout)).digest;
  }

  async #create(digest: string, mode: PushedRelease['mode'], nodes: string[]): Promise<string> {
    const spec = {
      package: `packages/${digest}`,
      selector: { nodes },
      mode: mode === 'rolling' ? 'ROLLOUT_MODE_ROLLING' : 'ROLLOUT_MODE_PARALLEL',
      budget: mode === 'rolling' ? 0 : this.#options.parallelBudget,
      reason: 'chaos',
      ...DEADLINES,
    } as const;
    const { rollout } = await this.#call('uvs.v1.RolloutService', 'CreateRollout', { spec, requestId: randomUUID() });
    return rollout?.name ?? '';
  }

  async #follow(name: string, limits: { signal: AbortSignal; lastMs: number; abortAfterMs: number }): Promise<string> {
    const { log } = this.#options;
    const startedMs = performance.now();
    let movedMs = startedMs;
    let seen = '';
    let said = '';
    let endMs = Number.POSITIVE_INFINITY;
    let isAborting = false;
    const listener = new Listener(startedMs);
    for (;;) {
      if (limits.signal.aborted && endMs === Number.POSITIVE_INFINITY) endMs = performance.now() + limits.lastMs;
      const { rollout } = await this.#call('uvs.v1.RolloutService', 'GetRollout', { name }, () => listener.miss(performance.now()));
      if (rollout === null) throw new Error(`${name} is gone`);
      const nowMs = performance.now();
      const standing = standingOf(rollout);
      if (standing !== seen) {
        this.longestStallMs = Math.max(this.longestStallMs, nowMs - movedMs);
        if (nowMs - movedMs > SILENCE_MS) log.write('stalled', { name, forMs: Math.round(nowMs - movedMs), said });
        [movedMs, seen] = [nowMs, standing];
      }
      const says = rollout.state === 'ROLLOUT_STATE_PAUSED' ? `paused: ${rollout.stateReason}` : rollout.waitingFor;
      if (says !== said) log.write('says', { name, state: rollout.state, says });
      said = says;
      if (['ROLLOUT_STATE_SUCCEEDED', 'ROLLOUT_STATE_FAILED', 'ROLLOUT_STATE_ABORTED'].includes(rollout.state)) {
        const end = wordOf(rollout.state);
        this.ended.set(end, (this.ended.get(end) ?? 0) + 1);
        log.write('ended', { name, state: rollout.state, tookMs: Math.round(nowMs - startedMs) });
        return end;
      }
      const wrong = listener.hear(rollout, standing, nowMs);
      if (wrong !== undefined) this.#violation(`${wrong}:\n${standing}`);
      if (nowMs > endMs)
        throw new Error(`${name} did not end within ${limits.lastMs / 1000} s of the last fault: ${rollout.state} ${says}\n${standing}`);
      if (rollout.state === 'ROLLOUT_STATE_PAUSED') {
        this.pauses += 1;
        await this.#call('uvs.v1.RolloutService', 'ResumeRollout', { name, requestId: randomUUID() });
      } else if (nowMs - startedMs > limits.abortAfterMs && !isAborting && !limits.signal.aborted) {
        isAborting = true;
        await this.#call('uvs.v1.RolloutService', 'AbortRollout', { name, reason: 'chaos', requestId: randomUUID() });
      }
      await delay(POLL_MS);
    }
  }

  #violation(what: string): void {
    if (this.violations.at(-1)?.split(' ')[0] === what.split(' ')[0]) return;
    this.violations.push(what);
    this.#options.log.write('violation', { what });
  }

  async #call<S extends ServiceName, M extends MethodName<S>>(
    service: S,
    method: M,
    request: RequestOf<S, M>,
    onRefused?: () => void,
  ): Promise<ResponseOf<S, M>> {
    const { client } = this.#options.cluster;
    return await this.#insist(`${service}.${method}`, () => client.call(service, method, request, { deadlineMs: CALL_MS }), onRefused);
  }

  /** A person tries again while the cluster can't be reached; the request's id keeps it one. */
  async #insist<T>(what: string, act: () => Promise<T>, onRefused?: () => void): Promise<T> {
    const endMs = performance.now() + 300_000;
    for (;;) {
      try {
        return await act();
      } catch (thrown) {
        const error = toUvsError(thrown);
        if (performance.now() > endMs) throw new Error(`${what} was not possible for five minutes: ${error.message}`, { cause: thrown });
        this.#options.log.write('refused', { what, reason: error.reason, message: error.message.slice(0, 300) });
        await delay(POLL_MS);
        onRefused?.();
      }
    }
  }
}

/** "succeeded" for ROLLOUT_STATE_SUCCEEDED. */
function wordOf(state: string): string {
  return state.replace('ROLLOUT_STATE_', '').toLowerCase();
}

/** Everything of a rollout whose change is a movement. */
function standingOf(rollout: Rollout__Output): string {
  const steps = rollout.steps.map(
    ({ hostname, state, phase, attempt }) => `${hostname} ${state.replace('STEP_STATE_', '')} ${phase} ${attempt}`,
  );
  return [rollout.state, ...steps].join('\n');
}
