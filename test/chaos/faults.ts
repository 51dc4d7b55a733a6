import * as v from 'valibot';
import { Seeded } from './seeded.ts';

const forMs = v.number();
const way = v.picklist(['both', 'to', 'from']);

/** What is done to the cluster, and how long it lasts. `leader` is whoever leads when it strikes. */
export const faultSchema = v.variant('kind', [
  /** SIGKILL; started again afterwards. */
  v.strictObject({ kind: v.literal('kill'), target: v.string(), forMs }),
  /** SIGSTOP, then SIGCONT: a process that hangs past its deadlines and then goes on with what it believed. */
  v.strictObject({ kind: v.literal('stop'), target: v.string(), forMs }),
  /** Its event loop does nothing, as in a long computation; its connections stay open. */
  v.strictObject({ kind: v.literal('block'), target: v.string(), forMs }),
  /** The next agent that gets its yes to begin, before its first act where it strikes in time. */
  v.strictObject({ kind: v.picklist(['kill-at-begin', 'stop-at-begin']), forMs }),
  /** Packets are dropped between one and others; `to` drops those that the first sends, `from` those that it should get. */
  v.strictObject({ kind: v.literal('cut'), between: v.tuple([v.string(), v.array(v.string())]), way, forMs }),
  /** A cable is pulled. */
  v.strictObject({ kind: v.literal('unplug'), target: v.string(), forMs }),
  /** A coordinator's transactions are delivered after it gave them up, or twice; it lasts from the first of them. */
  v.strictObject({
    kind: v.literal('hold'),
    target: v.string(),
    how: v.picklist(['late', 'late-twice', 'lost-then-again']),
    holdMs: v.number(),
    forMs,
  }),
  /** Two of three members of etcd at once. */
  v.strictObject({ kind: v.literal('no-quorum'), how: v.picklist(['kill', 'stop']), members: v.tuple([v.string(), v.string()]), forMs }),
]);
export type Fault = v.InferOutput<typeof faultSchema>;

export const plannedSchema = v.strictObject({ afterMs: v.number(), fault: faultSchema });
/** A fault, and how long after the one before it. */
export type Planned = v.InferOutput<typeof plannedSchema>;

export interface Machines {
  readonly agents: readonly [string, ...string[]];
  readonly coordinators: readonly [string, ...string[]];
  readonly members: readonly [string, ...string[]];
}

export const LEADER = 'leader';

/** Longer than a yes to begin is good, than the silence that is forgiven, than a grant and a leader's lease live. */
const LONG_MS = [16_000, 32_000] as const;
/** Longer than the operator's deadlines for a node to begin and to be done, too (`operator.ts`). */
const LONGEST_MS = [62_000, 70_000] as const;
const SHORT_MS = [300, 6_000] as const;
/** Longer than a leader's lease, and than it takes to choose another one. */
const DEPOSED_MS = [7_000, 12_000] as const;
/** One in so many lasts long, or is followed by a time in which all may heal. */
const RARELY = 6;

/**
 * All faults to come, which the seed alone decides. No kind comes again before each has come; those that wait for a moment of their own are
 * the first, so that they have the time to meet it.
 */
export function* faults(seed: string, machines: Machines): Generator<Planned, never, undefined> {
  const chance = new Seeded(seed);
  for (let round = [...chance.shuffled(waiting), ...chance.shuffled(immediate)]; ; round = chance.shuffled([...waiting, ...immediate])) {
    for (const make of round) {
      const afterMs = chance.between(1, RARELY) === 1 ? chance.between(6_000, 12_000) : chance.between(100, 3_500);
      yield { afterMs, fault: make(chance, machines) };
    }
  }
}

type Maker = (chance: Seeded, machines: Machines) => Fault;

/** For a node that begins, or for a transaction. */
const waiting: readonly Maker[] = [
  hold('late'),
  hold('late-twice'),
  hold('lost-then-again'),
  (chance) => ({ kind: 'stop-at-begin', forMs: within(chance, isRare(chance) ? LONGEST_MS : LONG_MS) }),
  (chance) => ({ kind: 'kill-at-begin', forMs: someTime(chance) }),
];

const immediate: readonly Maker[] = [
  (chance, { agents }) => ({ kind: 'kill', target: chance.pick(agents), forMs: someTime(chance) }),
  (chance, { coordinators }) => ({ kind: 'kill', target: chance.pick([LEADER, ...coordinators]), forMs: someTime(chance) }),
  (chance, { members }) => ({ kind: 'kill', target: chance.pick(members), forMs: someTime(chance) }),
  (chance, { agents }) => ({ kind: 'stop', target: chance.pick(agents), forMs: someTime(chance) }),
  (chance, { coordinators }) => ({ kind: 'stop', target: chance.pick(coordinators), forMs: someTime(chance) }),
  (chance, { members }) => ({ kind: 'stop', target: chance.pick(members), forMs: someTime(chance) }),
  (chance) => ({ kind: 'stop', target: LEADER, forMs: within(chance, DEPOSED_MS) }),
  (chance) => ({ kind: 'block', target: LEADER, forMs: within(chance, DEPOSED_MS) }),
  (chance, { agents, coordinators }) => cut(chance, chance.pick(agents), coordinators),
  (chance, { agents }) => cut(chance, chance.pick(agents), [LEADER]),
  (chance, { agents, coordinators }) => cut(chance, chance.pick([LEADER, ...coordinators]), agents),
  (chance, { coordinators, members }) => cut(chance, chance.pick([LEADER, ...coordinators]), members),
  (chance, { coordinators }) => cutAmong(chance, coordinators),
  (chance, { members }) => cutAmong(chance, members),
  (chance, { agents, coordinators, members }) => ({
    kind: 'unplug',
    target: chance.pick([chance.pick(agents), chance.pick(coordinators), chance.pick(members), LEADER]),
    forMs: someTime(chance),
  }),
  (chance, { members }) => {
    const spared = chance.pick(members);
    const [first = spared, second = spared] = members.filter((member) => member !== spared);
    return { kind: 'no-quorum', how: chance.pick(['kill', 'stop']), members: [first, second], forMs: someTime(chance) };
  },
];

function isRare(chance: Seeded): boolean {
  return chance.between(1, RARELY) === 1;
}

function someTime(chance: Seeded): number {
  return within(chance, isRare(chance) ? LONG_MS : SHORT_MS);
}

function within(chance: Seeded, [least, most]: readonly [number, number]): number {
  return chance.between(least, most);
}

/** Transactions of the leader alone: the others hardly make any. */
function hold(how: Extract<Fault, { kind: 'hold' }>['how']): Maker {
  return (chance) => ({ kind: 'hold', target: LEADER, how, holdMs: chance.between(2_200, 9_000), forMs: chance.between(2_000, 5_000) });
}

/** From all of the others or from some, down to a single one. */
function cut(chance: Seeded, machine: string, others: readonly [string, ...string[]]): Fault {
  const some = chance.between(1, 2) === 1 ? others : chance.shuffled(others).slice(0, chance.between(1, others.length));
  return { kind: 'cut', between: [machine, [...some]], way: chance.pick(['both', 'to', 'from']), forMs: someTime(chance) };
}

function cutAmong(chance: Seeded, machines: readonly [string, ...string[]]): Fault {
  const [machine, ...others] = chance.shuffled(machines);
  const [other = machine, ...more] = others;
  return cut(chance, machine, [other, ...more]);
}

/** The fault as it strikes while that coordinator leads; undefined where it takes a leader and there is none. */
export function struckBy(fault: Fault, leader: string | undefined): Fault | undefined {
  const named = (machine: string): string | undefined => (machine === LEADER ? leader : machine);
  switch (fault.kind) {
    case 'kill':
    case 'stop':
    case 'block':
    case 'unplug':
    case 'hold': {
      const target = named(fault.target);
      return target === undefined ? undefined : { ...fault, target };
    }
    case 'cut': {
      const [machine, ...others] = [fault.between[0], ...fault.between[1]].map(named);
      const known = others.filter((other) => other !== undefined);
      return machine === undefined || known.length < others.length ? undefined : { ...fault, between: [machine, known] };
    }
    case 'kill-at-begin':
    case 'stop-at-begin':
    case 'no-quorum':
      return fault;
  }
}

/** The kind as it is counted: by what it is done to, and which way. One cut from a single other is told by the singular. */
export function kindOf(fault: Fault): string {
  switch (fault.kind) {
    case 'kill':
    case 'stop':
    case 'block':
    case 'unplug':
      return `${fault.kind} ${groupOf(fault.target)}`;
    case 'kill-at-begin':
    case 'stop-at-begin':
      return fault.kind;
    case 'cut': {
      const [machine, others] = fault.between;
      const other = `${groupOf(others[0] ?? '')}${others.length === 1 ? '' : 's'}`;
      return `cut ${groupOf(machine)}–${other}${fault.way === 'both' ? '' : ', one way'}`;
    }
    case 'hold':
      return `transaction ${fault.how}`;
    case 'no-quorum':
      return `etcd without quorum (${fault.how})`;
  }
}

/** By their names: n01 is an agent, c1 a coordinator, e1 a member of etcd. */
export function groupOf(machine: string): 'agent' | 'coordinator' | 'member' | 'leader' {
  if (machine === LEADER) return 'leader';
  if (machine.startsWith('n')) return 'agent';
  return machine.startsWith('c') ? 'coordinator' : 'member';
}
