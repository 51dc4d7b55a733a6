import type { BudgetView } from '../budget.ts';
import { BudgetCount } from '../budget-count.ts';
import type { Mirror } from '../state/mirror.ts';
import { holdReason, statusOf, type Leading } from './leading.ts';
import { NodeChanges } from './node-changes.ts';

/** Keeps the count of who is down: of ten thousand nodes those are counted anew of whom something was recorded or heard, and all at each tick. */
export class DownCount {
  readonly #leading: Leading;
  readonly #changes: NodeChanges;
  #count = new BudgetCount();

  constructor(leading: Leading) {
    this.#leading = leading;
    this.#changes = new NodeChanges(leading);
  }

  /** @param mirror the ledger's as it is now */
  now(mirror: Mirror): BudgetView {
    let changed: Iterable<string> | undefined = this.#changes.take();
    if (changed === undefined) {
      this.#count = new BudgetCount();
      changed = new Set([...mirror.nodes.keys(), ...mirror.slots.keys()]);
    }
    for (const uid of changed) {
      const node = mirror.nodes.get(uid);
      const slot = mirror.slots.get(uid);
      this.#count.put(uid, node === undefined ? undefined : { node, status: statusOf(this.#leading, node, slot) }, slot);
    }
    return this.#count.view({ ...mirror.ledger, holdReason: holdReason(mirror) });
  }
}
