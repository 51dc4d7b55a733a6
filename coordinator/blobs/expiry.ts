import { toUvsError, type UvsError } from '../../common/errors.ts';

export interface ExpiryOptions {
  readonly everyMs: number;
  /** What nobody has gone on with for so long is given up. */
  readonly idleMs: number;
  readonly onTrouble: (error: UvsError) => void;
}

/** Gives up again and again what uploads have left behind. A failure, e.g. of a disk that has become read-only, is told, and nothing else fails for it. */
export function expireRegularly(places: readonly { expire(idleMs: number): Promise<void> }[], options: ExpiryOptions): Disposable {
  const { everyMs, idleMs, onTrouble } = options;
  const timer = setInterval(() => {
    for (const place of places) place.expire(idleMs).catch((error: unknown) => onTrouble(toUvsError(error)));
  }, everyMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
