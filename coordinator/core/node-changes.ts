import { addAbortListener } from 'node:events';
import type { RecordChange } from '../state/record-change.ts';
import type { Leading } from './leading.ts';

/**
 * Gathers of which nodes something was recorded or heard, so that nobody has to look at all of them for one. That a node has fallen silent is told by
 * nobody: at each tick all are to be looked at.
 */
export class NodeChanges implements Disposable {
  readonly #leading: Pick<Leading, 'clock' | 'settings'>;
  readonly #listening = new DisposableStack();
  #changed = new Set<string>();
  #isAnyone = true;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor({ clock, ledger, link, settings, term }: Leading) {
    this.#leading = { clock, settings };
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
    const nowMs = this.#leading.clock.monotonicMs();
    if (!this.#isAnyone && nowMs - this.#lookedMs < this.#leading.settings.tickMs) return changed;
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
        default:
          break;
      }
    }
  }
}
