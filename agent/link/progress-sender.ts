import { agentBounds } from '../../common/agent-bounds.ts';
import { cutText } from '../../common/cut.ts';
import type { SessionRequest } from '../../proto/gen/uvs/agent/v1/SessionRequest.ts';
import type { OperationObserver } from '../ports.ts';

/** Messages about the same phase go at most this often. */
const INTERVAL_MS = 250;

interface Latest {
  readonly phase: string;
  readonly message: string;
  readonly percent: number;
  readonly saidAtMs: number;
}

/** Tells the coordinator what the node does, as it happens but not too often; what it last did is said again to a new leader. */
export class ProgressSender implements OperationObserver {
  readonly #send: (message: SessionRequest) => boolean;
  readonly #nowMs: () => number;
  readonly #latest = new Map<string, Latest>();

  /** @param nowMs monotonic. */
  constructor(send: (message: SessionRequest) => boolean, nowMs: () => number) {
    this.#send = send;
    this.#nowMs = nowMs;
  }

  progress(operation: string, phase: string, message: string, percent: number): void {
    const before = this.#latest.get(operation);
    const nowMs = this.#nowMs();
    const isDue = before === undefined || before.phase !== phase || percent === 100 || nowMs - before.saidAtMs >= INTERVAL_MS;
    this.#latest.set(operation, { phase, message, percent, saidAtMs: isDue ? nowMs : before.saidAtMs });
    if (isDue) this.#say(operation);
  }

  /** Output stays on the node until it is asked for. */
  output(): void {}

  /** Says everything again, e.g. to a new leader. */
  repeat(): void {
    for (const operation of this.#latest.keys()) this.#say(operation);
  }

  forget(operation: string): void {
    this.#latest.delete(operation);
  }

  #say(operation: string): void {
    const latest = this.#latest.get(operation);
    if (latest === undefined) return;
    const phase = cutText(latest.phase, agentBounds.phase);
    const message = cutText(latest.message, agentBounds.progress);
    this.#send({ progress: { operation, phase, message, percent: Math.round(latest.percent) } });
  }
}
