import type { Clock } from '../ports.ts';

export type CommandKind = 'assign' | 'grant' | 'cancel' | 'revoke';

/** More than are under way at any time; what is forgotten is only sent once more. */
const REMEMBERED = 50_000;

/** Lets commands to agents, which are repeated until the state shows their effect, be repeated no more often than at an interval. */
export class CommandThrottle {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #intervalMs: number;
  /** When which command was last sent to an agent. */
  readonly #sentMs = new Map<string, number>();

  constructor(clock: Pick<Clock, 'monotonicMs'>, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Sends unless the same was sent a moment ago. */
  send(kind: CommandKind, operation: string, send: () => void): void {
    const key = keyOf(kind, operation);
    const nowMs = this.#clock.monotonicMs();
    const lastMs = this.#sentMs.get(key);
    if (lastMs !== undefined && nowMs - lastMs < this.#intervalMs) return;
    if (this.#sentMs.size > REMEMBERED) this.#sentMs.clear();
    this.#sentMs.set(key, nowMs);
    send();
  }

  /** Takes note that a command could not be sent after all. */
  unsent(kind: CommandKind, operation: string): void {
    this.#sentMs.delete(keyOf(kind, operation));
  }
}

function keyOf(kind: CommandKind, operation: string): string {
  return `${kind} ${operation}`;
}
