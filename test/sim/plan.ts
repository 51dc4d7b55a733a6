import type { Canary, FailurePolicy } from '../../coordinator/domain.ts';

/** So long after a run's begin, or after the nth time that something was written into the audit log. */
export interface When {
  readonly atMs: number;
  readonly on?: Moment;
}

export interface Moment {
  readonly action: 'slots.grant' | 'slots.begin' | 'slots.ended' | 'slots.free';
  readonly nth: number;
}

/** By number; or the one that the moment is of: the node of the slot, the rollout that it is for, the coordinator that wrote it. */
export type Who = number | 'its own';

/** Something that goes wrong. */
export type Fault = When &
  (
    | { readonly kind: 'coordinator dies' | 'coordinator hangs' | 'coordinator is cut off'; readonly who: Who; readonly forMs: number }
    | { readonly kind: 'coordinator loses etcd'; readonly who: Who; readonly forMs: number }
    | { readonly kind: 'agent dies' | 'agent hangs' | 'node reboots' | 'node falls ill'; readonly who: Who; readonly forMs: number }
    | { readonly kind: 'disk is slow'; readonly who: Who; readonly writeMs: number; readonly forMs: number }
    | { readonly kind: 'node never comes back'; readonly who: Who }
    | { readonly kind: 'node is cut off' | 'node is slow'; readonly who: Who; readonly from: Who; readonly forMs: number }
    | { readonly kind: 'etcd has no majority'; readonly forMs: number }
    /** Its members choose another leader: a short stop, after which every lease has its full time again. */
    | { readonly kind: 'etcd elects a leader'; readonly forMs: number }
    | { readonly kind: 'etcd loses calls'; readonly share: number; readonly forMs: number }
    | { readonly kind: 'a lease ends early' | 'etcd compacts' | 'watches break' }
    /** A backup is made, and some time later etcd is off for a while and comes back as it was then, bumped with a higher revision than ever. */
    | { readonly kind: 'etcd is restored'; readonly afterMs: number; readonly forMs: number; readonly isBumped: boolean }
    | { readonly kind: 'clock jumps' | "a node's clock jumps"; readonly who: Who; readonly byMs: number }
  );

/** Something that an operator wants; rollouts by their number. */
export type Wish = When &
  (
    | {
        readonly kind: 'roll out';
        readonly goal: 'release' | 'reboot' | 'restart';
        readonly release: number;
        readonly nodes: readonly number[];
        readonly budget: number;
        readonly canary?: Canary;
        readonly onFailure: FailurePolicy;
      }
    | { readonly kind: 'pause' | 'resume' | 'approve' | 'abort'; readonly rollout: Who }
    | { readonly kind: 'cordon' | 'uncordon' | 'release' | 'override' | 'remove'; readonly node: Who }
    /** A new machine takes the place and the name of a node, once that is written off; by force while what it had begun still counts. */
    | { readonly kind: 'replace' | 'replace by force'; readonly node: Who }
    /** The same machine is removed and joins again, with its disk; by force once it is off, else only if it holds nothing. */
    | { readonly kind: 're-enrol'; readonly node: Who; readonly isForced: boolean }
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
