import type { Canary, FailurePolicy } from '../../coordinator/domain.ts';
import { Prng } from './prng.ts';

/** Something that goes wrong; nodes and coordinators by their number. */
export type Fault = { readonly atMs: number } & (
  | { readonly kind: 'coordinator dies' | 'coordinator hangs' | 'coordinator is cut off'; readonly who: number; readonly forMs: number }
  | { readonly kind: 'coordinator loses etcd'; readonly who: number; readonly forMs: number }
  | { readonly kind: 'agent dies' | 'agent hangs' | 'node reboots' | 'node falls ill'; readonly who: number; readonly forMs: number }
  | { readonly kind: 'node never comes back'; readonly who: number }
  | { readonly kind: 'node is cut off' | 'node is slow'; readonly who: number; readonly from: number; readonly forMs: number }
  | { readonly kind: 'etcd has no majority'; readonly forMs: number }
  | { readonly kind: 'etcd loses calls'; readonly share: number; readonly forMs: number }
  | { readonly kind: 'a lease ends early' | 'etcd compacts' | 'watches break' }
  /** A backup is made, and some time later etcd is off for a while and comes back as it was then. */
  | { readonly kind: 'etcd is restored'; readonly afterMs: number; readonly forMs: number; readonly isBumped: boolean }
  | { readonly kind: 'clock jumps'; readonly who: number; readonly byMs: number }
);

/** Something that an operator wants; rollouts by their number. */
export type Wish = { readonly atMs: number } & (
  | {
      readonly kind: 'roll out';
      readonly goal: 'release' | 'reboot' | 'restart';
      readonly release: number;
      readonly nodes: readonly number[];
      readonly budget: number;
      readonly canary: Canary | undefined;
      readonly onFailure: FailurePolicy;
    }
  | { readonly kind: 'pause' | 'resume' | 'approve' | 'abort'; readonly rollout: number }
  | { readonly kind: 'cordon' | 'uncordon' | 'release' | 'override' | 'remove' | 'replace'; readonly node: number }
  | { readonly kind: 'freeze' | 'thaw' | 'adopt' }
  | { readonly kind: 'budget'; readonly nodes: number }
);

/** All that is decided before a run begins; what is left to chance within it comes from the seed. */
export interface Plan {
  readonly seed: string;
  readonly coordinators: number;
  readonly nodes: number;
  /** Until then things go wrong; afterwards they heal, and everything has to come to its end. */
  readonly troubleMs: number;
  readonly faults: readonly Fault[];
  readonly wishes: readonly Wish[];
}

const FIRST_MS = 15_000;
/** Share of what happens that happens soon after a rollout was begun, while nodes have their turn. */
const BUSY = 0.6;
const BUSY_MS = 60_000;
/** Share of the runs in which etcd is restored from a backup. */
const RESTORED = 0.15;
/** Share of the rollouts with canaries. */
const CANARIES = 0.3;

/** What a seed comes to. */
export function planOf(seed: string): Plan {
  const prng = new Prng(`${seed}/plan`);
  const coordinators = prng.pick([2, 3, 3]);
  const nodes = 3 + prng.below(4);
  const troubleMs = prng.between(120_000, 420_000);
  const starts = [FIRST_MS, ...Array.from({ length: prng.below(3) }, () => prng.between(FIRST_MS, troubleMs))];
  const at = (): number => {
    const startMs = prng.chance(BUSY) ? prng.pick(starts) : undefined;
    return startMs === undefined ? prng.between(FIRST_MS, troubleMs) : Math.min(troubleMs, startMs + prng.between(0, BUSY_MS));
  };
  const faults = Array.from({ length: 2 + prng.below(14) }, (): Fault => faultAt(prng, at(), coordinators, nodes));
  const wishes = [
    ...starts.map((atMs, index): Wish => rollout(prng, atMs, nodes, index)),
    ...Array.from({ length: prng.below(10) }, (): Wish => wishAt(prng, at(), nodes)),
  ];
  if (!prng.chance(RESTORED)) return { seed, coordinators, nodes, troubleMs, faults: inOrder(faults), wishes: inOrder(wishes) };
  const atMs = at();
  const restored: Fault = {
    atMs,
    kind: 'etcd is restored',
    afterMs: prng.between(0, troubleMs - atMs),
    forMs: prng.between(30_000, 60_000),
    isBumped: prng.chance(0.5),
  };
  // an etcd that was put back to before a node was enrolled does not know it: a limit that is known
  const known = wishes.filter(({ kind }) => kind !== 'replace');
  return { seed, coordinators, nodes, troubleMs, faults: inOrder([...faults, restored]), wishes: inOrder(known) };
}

function inOrder<T extends { readonly atMs: number }>(list: readonly T[]): readonly T[] {
  return list.toSorted((one, other) => one.atMs - other.atMs);
}

function rollout(prng: Prng, atMs: number, nodes: number, index: number): Wish {
  const all = Array.from({ length: nodes }, (_, node) => node);
  const some = all.filter(() => prng.chance(0.6));
  const canary = { nodes: [], count: 1 + prng.below(2), soakMs: prng.below(60_000), needsApproval: prng.chance(0.5) };
  return {
    atMs,
    kind: 'roll out',
    goal: prng.pick(['release', 'release', 'release', 'reboot', 'restart']),
    release: index,
    nodes: index === 0 || some.length === 0 ? all : some,
    budget: prng.pick([1, 1, 2, 3]),
    canary: prng.chance(CANARIES) ? canary : undefined,
    onFailure: prng.pick([
      { action: 'pause', tolerated: 0 },
      { action: 'pause', tolerated: 0 },
      { action: 'continue', tolerated: 2 },
      { action: 'abort', tolerated: 0 },
    ]),
  };
}

function faultAt(prng: Prng, atMs: number, coordinators: number, nodes: number): Fault {
  const coordinator = prng.below(coordinators);
  const node = prng.below(nodes);
  const forMs = prng.chance(0.5) ? prng.between(200, 15_000) : prng.between(2_000, 60_000);
  const kinds: readonly (() => Fault)[] = [
    () => ({ atMs, kind: 'coordinator dies', who: coordinator, forMs }),
    () => ({ atMs, kind: 'coordinator hangs', who: coordinator, forMs }),
    () => ({ atMs, kind: 'coordinator is cut off', who: coordinator, forMs }),
    () => ({ atMs, kind: 'coordinator loses etcd', who: coordinator, forMs }),
    () => ({ atMs, kind: 'agent dies', who: node, forMs }),
    () => ({ atMs, kind: 'agent hangs', who: node, forMs }),
    () => ({ atMs, kind: 'node reboots', who: node, forMs }),
    () => (prng.chance(0.3) ? { atMs, kind: 'node never comes back', who: node } : { atMs, kind: 'node reboots', who: node, forMs }),
    () => ({ atMs, kind: 'node is cut off', who: node, from: coordinator, forMs }),
    () => ({ atMs, kind: 'node is slow', who: node, from: coordinator, forMs }),
    () => ({ atMs, kind: 'node falls ill', who: node, forMs: prng.between(5_000, 180_000) }),
    () => ({ atMs, kind: 'etcd has no majority', forMs }),
    () => ({ atMs, kind: 'etcd loses calls', share: prng.between(0.02, 0.4), forMs }),
    () => ({ atMs, kind: 'a lease ends early' }),
    () => ({ atMs, kind: 'etcd compacts' }),
    () => ({ atMs, kind: 'watches break' }),
    () => ({
      atMs,
      kind: 'clock jumps',
      who: coordinator,
      byMs: prng.pick([-1_700_000_000_000, 2_400_000_000_000, -3_600_000, 3_600_000]),
    }),
  ];
  return prng.pick(kinds)();
}

function wishAt(prng: Prng, atMs: number, nodes: number): Wish {
  const node = prng.below(nodes);
  const number = prng.below(3);
  const kinds: readonly (() => Wish)[] = [
    () => ({ atMs, kind: prng.pick(['pause', 'resume', 'approve', 'abort']), rollout: number }),
    () => ({ atMs, kind: prng.pick(['pause', 'resume']), rollout: number }),
    () => ({ atMs, kind: prng.pick(['cordon', 'uncordon', 'release', 'override', 'remove', 'replace']), node }),
    () => ({ atMs, kind: prng.pick(['cordon', 'uncordon', 'release']), node }),
    () => ({ atMs, kind: prng.pick(['freeze', 'thaw', 'thaw', 'adopt']) }),
    () => ({ atMs, kind: 'budget', nodes: 1 + prng.below(2) }),
  ];
  return prng.pick(kinds)();
}
