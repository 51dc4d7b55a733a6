import type { Leading } from './leading.ts';
import { renewGrant } from './renew-grant.ts';

/**
 * Keeps a grant from lapsing while its node waits until all is set for it: as long as others are ahead, and then as long as something gets
 * done. One for which nothing gets done lapses with its lease, and whatever was set is taken back.
 */
export class KeptGrant implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #isWaiting = true;
  #hasProgressed = false;

  constructor(leading: Pick<Leading, 'etcd' | 'timings' | 'term'>, uid: string) {
    const { timings, term } = leading;
    this.#timer = setInterval(
      () => {
        if (!term.isCurrent() || !(this.#isWaiting || this.#hasProgressed)) return;
        this.#hasProgressed = false;
        // where it fails the lease lasts for two more tries
        renewGrant(leading, uid).catch(() => undefined);
      },
      (timings.slotTtlSeconds * 1000) / 3,
    );
  }

  /** From now on only progress counts. */
  turn(): void {
    this.#isWaiting = false;
  }

  progress(): void {
    this.#hasProgressed = true;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
