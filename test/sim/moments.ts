import { keys, lastPart } from '../../coordinator/state/keys.ts';
import type { Moment } from './plan.ts';
import type { Commit } from './store.ts';
import { entryOf, slotFrom } from './stored.ts';

/** Whom a moment is of: the coordinator that changed a slot, the node that has it, the rollout that it is for. */
export interface Own {
  readonly coordinator: string;
  readonly uid: string;
  readonly rollout: string;
}

/** Those who wait for a moment. */
export class Moments {
  readonly #awaited: { readonly on: Moment; readonly happen: (own: Own) => void }[] = [];

  await(on: Moment, happen: (own: Own) => void): void {
    this.#awaited.push({ on, happen });
  }

  /** @param nth how often the action has been written into the audit log, this time included */
  came(action: string, nth: number, by: string, commit: Commit): void {
    for (const { on, happen } of this.#awaited) {
      if (on.action === action && on.nth === nth) happen(ownOf(by, commit));
    }
  }
}

function ownOf(by: string, { changes, before }: Commit): Own {
  const change = changes.find((one) => 'key' in one && one.key.startsWith(keys.slots));
  if (change === undefined || !('key' in change)) throw new Error('this transaction changes no slot');
  const { key } = change;
  const slot = change.do === 'put' ? entryOf(key, change.value) : before.get(key);
  return { coordinator: by, uid: lastPart(key), rollout: slot === undefined ? '' : slotFrom(slot).rollout };
}
