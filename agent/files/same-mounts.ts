import { UvsError } from '../../common/errors.ts';
import type { Action } from './plan.ts';
import { parentOf, type Tree } from './tree.ts';

type Placed = Pick<Action, 'kind' | 'path' | 'base'>;

/** Mounts on which actions change anything, by their topmost directories; the plan of an earlier agent has those of files alone. */
export function basesOf(actions: readonly Pick<Action, 'base'>[]): ReadonlySet<string> {
  return new Set(actions.flatMap(({ base }) => (base === undefined ? [] : [base])));
}

/** Notes with an action the mount that its place is on. */
export function withBase(tree: Tree, action: Action): Action {
  return action.base === undefined ? { ...action, base: baseNow(tree, action) } : action;
}

/** Tells whether something is mounted on a directory. @param base see Tree.mountBase */
export function isMounted(tree: Tree, base: string): boolean {
  return base === '' || ifReachable(() => tree.mountBase(base)) === base;
}

/** A mount that is not as it was when actions were decided on: one is away, or another one is over a part of it. */
export interface OtherMount {
  readonly kind: 'away' | 'over';
  /** Its topmost directory. */
  readonly at: string;
}

/** Finds one, of those that are away before any that is over another; undefined: all are as they were. */
export function otherMount(tree: Tree, actions: readonly Placed[]): OtherMount | undefined {
  const seen = new Map<string, string | undefined>();
  let over: OtherMount | undefined;
  for (const action of actions) {
    const { base } = action;
    if (base === undefined) continue;
    const directory = directoryOf(action);
    if (!seen.has(directory)) {
      // what can't be reached for another reason is told by whoever goes there
      seen.set(
        directory,
        ifReachable(() => baseNow(tree, action)),
      );
    }
    const now = seen.get(directory);
    if (now === undefined || now === base) continue;
    if (isBelow(base, now)) return { kind: 'away', at: base };
    over ??= { kind: 'over', at: now };
  }
  return over;
}

/** Says so, as a sentence's first half. */
export function describeMount({ kind, at }: OtherMount): string {
  return kind === 'away' ? `/${at} is not mounted now, and was` : `/${at} is mounted now, and was not`;
}

function baseNow(tree: Tree, action: Placed): string {
  return tree.mountBase(tree.existingParent(`${directoryOf(action)}/`));
}

/** Of a file the directory that it is in, of a directory itself: it may be where a mount begins. */
function directoryOf({ kind, path }: Placed): string {
  return kind === 'put' || kind === 'remove-file' ? parentOf(path) : path;
}

function isBelow(path: string, other: string): boolean {
  return other === '' || path.startsWith(`${other}/`);
}

function ifReachable(ask: () => string): string | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof UvsError && (error.reason === 'NOT_FOUND' || error.reason === 'PATH_FORBIDDEN')) return undefined;
    throw error;
  }
}
