/** A node, or a coordinator. */
export type Side = 0 | 1;
export const sides = [0, 1] as const;
export const nodeNames = ['A', 'B'] as const;
export const coordinatorNames = ['C1', 'C2'] as const;

export function other(side: Side): Side {
  return side === 0 ? 1 : 0;
}

/**
 * A token as one number: epoch * EPOCH + how many grants etcd has seen, which stands for the create revision; 0 is none. A restore takes the
 * count of grants back, so that the same count comes again.
 */
export const EPOCH = 8;

export function countOf(token: number): number {
  return token % EPOCH;
}

export interface Slot {
  readonly state: 'free' | 'granted' | 'begun' | 'ended' | 'quarantined';
  readonly token: number;
}

export const free: Slot = { state: 'free', token: 0 };

export interface Etcd {
  readonly epoch: number;
  /** Mod revision of the ledger: rises with every decision. */
  readonly ledger: number;
  readonly grants: number;
  readonly isPaused: boolean;
  /** It was restored and is not adopted yet: nothing is granted, nothing begins. */
  readonly isHeld: boolean;
  /** Term in the leader's key (random, so never the same again); 0: there is none. */
  readonly leader: number;
  readonly slots: readonly [Slot, Slot];
}

/** What a leader has heard of a node in its term. */
export type Told = 'nothing' | 'well' | 'down';

export interface Coordinator {
  /** The term in which it believes to lead, which may be over long since; 0: none. */
  readonly term: number;
  /** On its disk: the epoch, and how far it has seen the ledger. */
  readonly epoch: number;
  readonly seen: number;
  readonly told: readonly [Told, Told];
  /** It has told the operator that the pause is made, and nothing has ended that since. */
  readonly hasToldPause: boolean;
  /** Slots that it does not know of, because it did not read them. */
  readonly isBlind: readonly [boolean, boolean];
}

export type Phase = 'idle' | 'holding' | 'asked' | 'acting' | 'between' | 'acting again' | 'over';

/** A node, its agent's journal, and what is under way to and from it: each message stays, to come late, never, or again and again. */
export interface Node {
  readonly phase: Phase;
  readonly token: number;
  /** The last token that is over. */
  readonly done: number;
  /** Not 10 s have passed since it asked to begin. */
  readonly isFresh: boolean;
  /** Not taken out of service by UVS. */
  readonly isUp: boolean;
  /** Out of service by itself. */
  readonly isIll: boolean;
  readonly isWrittenOff: boolean;
  readonly grantSent: number;
  readonly beginAsked: number;
  readonly yesSent: number;
  readonly endedSent: number;
  /** Whether it has acted on the token that it holds, or held last. */
  readonly hasActed: boolean;
  readonly revokeSent: number;
  /** It has answered that it is well, when it was asked. */
  readonly evidence: boolean;
  /** What it has reported as open for adopt. */
  readonly report: 'missing' | 'nothing' | 'open' | 'ended';
  readonly reported: number;
}

/** A transaction that was decided and may still reach etcd, or never. */
export interface Txn {
  readonly kind: 'grant' | 'begin' | 'end' | 'free' | 'pause' | 'resume' | 'release' | 'force';
  readonly node: Side;
  readonly term: number;
  readonly ledger: number;
  /** As it was read. */
  readonly slot: Slot;
  /** The token in the node's request. */
  readonly asked: number;
  /** Whoever decided it had heard that the other node was well. */
  readonly isVouched: boolean;
}

export interface State {
  readonly etcd: Etcd;
  readonly backup: Etcd | undefined;
  readonly coordinators: readonly [Coordinator, Coordinator];
  readonly nodes: readonly [Node, Node];
  readonly txns: readonly Txn[];
  /** How often each thing that is bounded has happened. */
  readonly used: Readonly<Record<Bounded, number>>;
}

/** What could happen for ever and is cut off. */
export type Bounded = 'grants' | 'terms' | 'pauses' | 'resumes' | 'outages' | 'releases' | 'copies' | 'restores';

export type Bounds = Readonly<Record<Bounded, number>> & {
  /** Transactions under way at the same time. */
  readonly txns: number;
  /** Acts of one operation that take the node out of service. */
  readonly acts: 1 | 2;
  /** Whether agents hang for more than 10 s, and die and start again while they ask. */
  readonly isRough: boolean;
};

const quietNode: Node = {
  phase: 'idle',
  token: 0,
  done: 0,
  isFresh: false,
  isUp: true,
  isIll: false,
  isWrittenOff: false,
  grantSent: 0,
  beginAsked: 0,
  yesSent: 0,
  endedSent: 0,
  hasActed: false,
  revokeSent: 0,
  evidence: false,
  report: 'missing',
  reported: 0,
};

/** C1 leads and has heard both nodes; nothing is under way. */
export const initial: State = {
  etcd: { epoch: 0, ledger: 1, grants: 0, isPaused: false, isHeld: false, leader: 1, slots: [free, free] },
  backup: undefined,
  coordinators: [
    { term: 1, epoch: 0, seen: 1, told: ['well', 'well'], hasToldPause: false, isBlind: [false, false] },
    { term: 0, epoch: 0, seen: 1, told: ['nothing', 'nothing'], hasToldPause: false, isBlind: [false, false] },
  ],
  nodes: [quietNode, quietNode],
  txns: [],
  used: { grants: 0, terms: 1, pauses: 0, resumes: 0, outages: 0, releases: 0, copies: 0, restores: 0 },
};

export function withNode(state: State, side: Side, change: Partial<Node>): State {
  const node = { ...state.nodes[side], ...change };
  return { ...state, nodes: side === 0 ? [node, state.nodes[1]] : [state.nodes[0], node] };
}

export function withCoordinator(state: State, side: Side, change: Partial<Coordinator>): State {
  const coordinator = { ...state.coordinators[side], ...change };
  return {
    ...state,
    coordinators: side === 0 ? [coordinator, state.coordinators[1]] : [state.coordinators[0], coordinator],
  };
}

/** The operator has been told of no pause that still counts. */
export function untold(state: State): State {
  return sides.reduce<State>((now, side) => withCoordinator(now, side, { hasToldPause: false }), state);
}

export function withEtcd(state: State, change: Partial<Etcd>): State {
  return { ...state, etcd: { ...state.etcd, ...change } };
}

export function withSlot(state: State, side: Side, slot: Slot): State {
  return withEtcd(state, { slots: inPair(state.etcd.slots, side, slot) });
}

export function inPair<T>(pair: readonly [T, T], side: Side, value: T): readonly [T, T] {
  return side === 0 ? [value, pair[1]] : [pair[0], value];
}

export function withUsed(state: State, what: Bounded): State {
  return { ...state, used: { ...state.used, [what]: state.used[what] + 1 } };
}

const slotCodes = { free: 0, granted: 1, begun: 2, ended: 3, quarantined: 4 } as const satisfies Record<Slot['state'], number>;
const toldCodes = { nothing: 0, well: 1, down: 2 } as const satisfies Record<Told, number>;
const reportCodes = { missing: 0, nothing: 1, open: 2, ended: 3 } as const satisfies Record<Node['report'], number>;
const phaseCodes = {
  idle: 0,
  holding: 1,
  asked: 2,
  acting: 3,
  between: 4,
  'acting again': 5,
  over: 6,
} as const satisfies Record<Phase, number>;
const kindCodes = {
  grant: 0,
  begin: 1,
  end: 2,
  free: 3,
  pause: 4,
  resume: 5,
  release: 6,
  force: 7,
} as const satisfies Record<Txn['kind'], number>;

/**
 * The state as a short text, equal for states that are equal but for the names: the nodes are alike, and so are the coordinators. Each number
 * in it is below 2^16.
 */
export function encode(state: State): string {
  const asIs = encodeFrom(state, 0);
  const swapped = encodeFrom(state, 1);
  return asIs < swapped ? asIs : swapped;
}

function encodeFrom({ etcd, backup, coordinators, nodes, txns, used }: State, first: Side): string {
  const second = other(first);
  const codes: number[] = [];
  pushEtcd(codes, etcd, first);
  if (backup !== undefined) pushEtcd(codes, backup, first);
  pushNode(codes, nodes[first]);
  pushNode(codes, nodes[second]);
  codes.push(
    used.grants * 512 + used.terms * 64 + used.pauses * 32 + used.resumes * 16 + used.outages * 8 + used.releases * 4 + used.copies * 2,
    used.restores * 2 + Number(backup !== undefined),
  );
  const coordinatorTexts = coordinators
    .map(({ term, seen, epoch, told, hasToldPause, isBlind }) => {
      const ofNode = (node: Side): number => toldCodes[told[node]] * 2 + Number(isBlind[node]);
      return String.fromCharCode(term * 256 + seen * 2 + epoch, ofNode(first) * 16 + ofNode(second) + Number(hasToldPause) * 256);
    })
    .toSorted();
  const txnTexts = txns.map(({ kind, node, term, ledger, slot, asked, isVouched }) => {
    const place = node === first ? 0 : 1;
    return String.fromCharCode(kindCodes[kind] * 256 + place * 128 + term, ledger * 128 + asked * 2 + Number(isVouched), slotCode(slot));
  });
  return `${String.fromCharCode(...codes)}${coordinatorTexts.join('')}${txnTexts.toSorted().join('')}`;
}

function slotCode({ state, token }: Slot): number {
  return slotCodes[state] * 64 + token;
}

function pushEtcd(codes: number[], { epoch, ledger, grants, isPaused, isHeld, leader, slots }: Etcd, first: Side): void {
  const flags = epoch * 4 + Number(isPaused) * 2 + Number(isHeld);
  codes.push(ledger * 64 + grants * 8 + flags, leader, slotCode(slots[first]), slotCode(slots[other(first)]));
}

function pushNode(codes: number[], node: Node): void {
  const flags =
    Number(node.isFresh) +
    Number(node.isUp) * 2 +
    Number(node.isIll) * 4 +
    Number(node.isWrittenOff) * 8 +
    Number(node.evidence) * 16 +
    Number(node.hasActed) * 32;
  codes.push(
    phaseCodes[node.phase] * 256 + flags,
    node.token * 256 + node.done,
    node.grantSent * 256 + node.beginAsked,
    node.yesSent * 256 + node.endedSent,
    node.revokeSent * 256 + reportCodes[node.report] * 16 + node.reported,
  );
}
