import { addAbortListener } from 'node:events';
import type { AgentLink, Clock } from '../ports.ts';
import type { Ledger } from '../state/ledger.ts';
import type { RecordChange } from '../state/record-change.ts';
import type { CoreTimings } from './timings.ts';

export interface NodeChangesOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly ledger: Pick<Ledger, 'onApplied'>;
  readonly link: Pick<AgentLink, 'onChange'>;
  readonly timings: Pick<CoreTimings, 'tickMs'>;
  /** With its end the listening ends. */
  readonly term: { readonly signal: AbortSignal };
}

/**
 * Gathers of which nodes something was recorded or heard, so that nobody has to look at all of them for one. That a node has fallen silent is told by
 * nobody: at each tick all are to be looked at.
 */
export class NodeChanges implements Disposable {
  readonly #clock: NodeChangesOptions['clock'];
  readonly #tickMs: number;
  readonly #listening = new DisposableStack();
  #changed = new Set<string>();
  #isAnyone = true;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor({ clock, ledger, link, timings, term }: NodeChangesOptions) {
    this.#clock = clock;
    this.#tickMs = timings.tickMs;
    this.#listening.use(ledger.onApplied((changes) => this.#note(changes)));
    this.#listening.use(link.onChange((uid) => this.#changed.add(uid)));
    this.#listening.use(addAbortListener(term.signal, () => this[Symbol.dispose]()));
  }

  add(uid: string): void {
    this.#changed.add(uid);
  }

  /** UIDs of those that have changed since the last call; undefined: anybody may have. */
  take(): ReadonlySet<string> | undefined {
    const changed = this.#changed;
    this.#changed = new Set();
    const nowMs = this.#clock.monotonicMs();
    if (!this.#isAnyone && nowMs - this.#lookedMs < this.#tickMs) return changed;
    this.#isAnyone = false;
    this.#lookedMs = nowMs;
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#listening.dispose();
  }

  #note(changes: readonly RecordChange[]): void {
    if (changes.length === 0) this.#isAnyone = true;
    for (const change of changes) {
      switch (change.of) {
        case 'node':
        case 'slot':
        case 'drain':
        case 'step':
          this.#changed.add(change.record.uid);
          break;
        case 'node-gone':
        case 'slot-gone':
        case 'drain-gone':
          this.#changed.add(change.uid);
          break;
        case 'epoch':
        case 'rollout':
        case 'rollout-state':
          this.#isAnyone = true;
          break;
        case 'credential':
        case 'join-token':
        case 'join-token-gone':
        case 'limit':
        case 'limit-gone':
        case 'member':
        case 'member-gone':
        case 'operation':
        case 'package':
        case 'package-gone':
        case 'package-root':
        case 'settings':
        case 'settings-gone':
        case 'withdrawals':
          break;
      }
    }
  }
}
