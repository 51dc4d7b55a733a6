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
  /** The next agent that gets its yes to begin, before its first act where it strikes in time. */
  v.strictObject({ kind: v.picklist(['kill-at-begin', 'stop-at-begin']), forMs }),
  /** Packets are dropped between one and others; `to` drops those that the first sends, `from` those that it should get. */
  v.strictObject({ kind: v.literal('cut'), between: v.tuple([v.string(), v.array(v.string())]), way, forMs }),
  /** A cable is pulled. */
  v.strictObject({ kind: v.literal('unplug'), target: v.string(), forMs }),
  /** Transactions of a coordinator that go over its proxy are delivered after it gave them up, or twice. */
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
const SHORT_MS = [300, 6_000] as const;
/** One in so many lasts long, or is followed by a time in which all may heal. */
const RARELY = 6;

/** All faults to come, which the seed alone decides. */
export function* faults(seed: string, machines: Machines): Generator<Planned, never, undefined> {
  const chance = new Seeded(seed);
  for (;;) {
    const afterMs = chance.between(1, RARELY) === 1 ? chance.between(6_000, 12_000) : chance.between(100, 3_500);
    yield { afterMs, fault: nextFault(chance, machines) };
  }
}

function nextFault(chance: Seeded, machines: Machines): Fault {
  const { agents, coordinators, members } = machines;
  const [least, most] = chance.between(1, RARELY) === 1 ? LONG_MS : SHORT_MS;
  const forMs = chance.between(least, most);
  const anyone = (): string => chance.pick([chance.pick(agents), chance.pick(coordinators), chance.pick(members), LEADER]);
  const make = chance.pick<() => Fault>([
    () => ({ kind: 'kill', target: chance.pick(agents), forMs }),
    () => ({ kind: 'kill', target: chance.pick([LEADER, ...coordinators]), forMs }),
    () => ({ kind: 'kill', target: chance.pick(members), forMs }),
    () => ({ kind: 'stop', target: chance.pick(agents), forMs }),
    () => ({ kind: 'stop', target: chance.pick([LEADER, LEADER, ...coordinators]), forMs }),
    () => ({ kind: 'stop', target: chance.pick(members), forMs }),
    () => ({ kind: 'kill-at-begin', forMs }),
    () => ({ kind: 'stop-at-begin', forMs: chance.between(...LONG_MS) }),
    () => cut(chance, chance.pick(agents), coordinators, forMs),
    () => cut(chance, chance.pick(coordinators), agents, forMs),
    () => cut(chance, chance.pick(coordinators), members, forMs),
    () => {
      const member = chance.pick(members);
      return cut(
        chance,
        member,
        members.filter((other) => other !== member),
        forMs,
      );
    },
    () => ({ kind: 'unplug', target: anyone(), forMs }),
    () => ({
      kind: 'hold',
      target: chance.pick([LEADER, ...coordinators]),
      how: chance.pick(['late', 'late-twice', 'lost-then-again']),
      holdMs: chance.between(2_200, 9_000),
      forMs: chance.between(2_000, 8_000),
    }),
    () => {
      const spared = chance.pick(members);
      const [first = spared, second = spared] = members.filter((member) => member !== spared);
      return { kind: 'no-quorum', how: chance.pick(['kill', 'stop']), members: [first, second], forMs };
    },
  ]);
  return make();
}

function cut(chance: Seeded, machine: string, others: readonly string[], forMs: number): Fault {
  return { kind: 'cut', between: [machine, [...others]], way: chance.pick(['both', 'to', 'from']), forMs };
}

/** The kind as it is counted: by what it is done to, and which way. */
export function kindOf(fault: Fault): string {
  switch (fault.kind) {
    case 'kill':
    case 'stop':
    case 'unplug':
      return `${fault.kind} ${groupOf(fault.target)}`;
    case 'kill-at-begin':
    case 'stop-at-begin':
      return fault.kind;
    case 'cut': {
      const [machine, others] = fault.between;
      return `cut ${groupOf(machine)}–${groupOf(others[0] ?? '')}${fault.way === 'both' ? '' : ', one way'}`;
    }
    case 'hold':
      return `transaction ${fault.how}`;
    case 'no-quorum':
      return `etcd without quorum (${fault.how})`;
  }
}

/** By their names: n01 is an agent, c1 a coordinator, e1 a member of etcd. */
export function groupOf(machine: string): 'agent' | 'coordinator' | 'etcd' | 'leader' {
  if (machine === LEADER) return 'leader';
  if (machine.startsWith('n')) return 'agent';
  return machine.startsWith('c') ? 'coordinator' : 'etcd';
}
