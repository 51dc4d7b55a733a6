import { UvsError } from '../../common/errors.ts';

/** A blob that is being received, or is about to be. */
export interface Begun {
  readonly digest: string;
  /** Who began it, as its certificate says; undefined: another coordinator has it copied. */
  readonly by: string | undefined;
  readonly sizeBytes: number;
  readonly received: number;
}

const DIGEST_SHOWN = 12;
const GO_ON =
  'Bring one of them to its end: "uvsctl packages upload FILE" goes on where it stopped. One that nobody goes on with is given up after an hour.';

/**
 * Lets nobody have more than half of the places, rounded up: who begins many uploads and ends none would keep all others out for as long as an
 * upload may rest. @throws UvsError TOO_MANY
 */
export function demandPlace(begun: readonly Begun[], { by, digest }: Pick<Begun, 'by' | 'digest'>, places: number): void {
  const own = ownOf(begun, { by, digest });
  if (own.length < half(places)) return;
  throw new UvsError('TOO_MANY', `${by ?? ''} has begun ${own.length} uploads already, which is its share: ${named(own)}`, { hint: GO_ON });
}

/**
 * Lets nobody have several begun uploads that fill more than half of the room together; a single one may be as large as fits.
 * @param roomBytes all that uploads can have, those that have come so far included. @throws UvsError TOO_MANY
 */
export function demandRoom(begun: readonly Begun[], wanted: Omit<Begun, 'received'>, roomBytes: number): void {
  const own = ownOf(begun, wanted);
  const bytes = own.reduce((sum, { sizeBytes }) => sum + sizeBytes, wanted.sizeBytes);
  const share = half(roomBytes);
  if (own.length === 0 || bytes <= share) return;
  const what = `with this one of ${wanted.sizeBytes} bytes the begun uploads of ${wanted.by ?? ''} would have ${bytes} bytes`;
  throw new UvsError('TOO_MANY', `${what}, its share is ${share}: ${named(own)}`, { hint: GO_ON });
}

/**
 * Counts what has to stay free for what was begun and has not come yet. Against others somebody's begun uploads hold half of the room at most, with what
 * has come of them: announcing a large one keeps nobody out.
 */
export function heldBytes(begun: readonly Begun[], asking: Pick<Begun, 'by' | 'digest'>, roomBytes: number): number {
  const open = begun.filter(({ digest }) => digest !== asking.digest);
  return [...new Set(open.map(({ by }) => by))].reduce((sum, by) => {
    const theirs = open.filter((each) => each.by === by);
    const received = theirs.reduce((bytes, each) => bytes + each.received, 0);
    const promised = theirs.reduce((bytes, each) => bytes + each.sizeBytes - each.received, 0);
    const isLimited = by !== undefined && by !== asking.by;
    return sum + (isLimited ? Math.min(promised, Math.max(0, half(roomBytes) - received)) : promised);
  }, 0);
}

function ownOf(begun: readonly Begun[], { by, digest }: Pick<Begun, 'by' | 'digest'>): readonly Begun[] {
  return by === undefined ? [] : begun.filter((each) => each.by === by && each.digest !== digest);
}

function half(whole: number): number {
  return Math.ceil(Math.max(0, whole) / 2);
}

function named(own: readonly Begun[]): string {
  return own.map(({ digest, received, sizeBytes }) => `${digest.slice(0, DIGEST_SHOWN)} (${received} of ${sizeBytes} bytes)`).join(', ');
}
