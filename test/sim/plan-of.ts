import type { Fault, Moment, Plan, When, Who, Wish } from './plan.ts';
import { Prng } from './prng.ts';

const FIRST_MS = 15_000;
/** Share of what happens that happens when a slot changes, when little is needed to go wrong. */
const CLOSE = 0.6;
/** Share of that which happens to the very node, rollout or coordinator. */
const OWN = 0.6;
/** Share of the moments that another thing waits for, too. */
const TOGETHER = 0.5;
const MOST_ROLLOUTS = 3;
/** Share of the runs in which etcd is restored from a backup. */
const RESTORED = 0.3;
/** Share of the restores after which etcd's revision is higher than ever, as with `--bump-revision`. */
const BUMPED = 0.5;
/** Share of the restores in which the node that the backup was made at can't tell what it has begun since. */
const MUTE = 0.6;
/** Share of those in which an operator does something about that node before it was heard. */
const GIVEN_UP = 0.5;
/** Share of the runs in which an operator pauses, resumes, freezes and thaws all the time. */
const NERVOUS = 0.15;
/** Share of the rollouts with canaries. */
const CANARIES = 0.3;

/** Share of the runs in which the clock of a node is set back while its disk is so slow that a yes grows old before its record is written. */
const SET_BACK = 0.1;
/** Share of the runs in which a node asks for its turn about when its grant lapses. */
const LATE_BEGIN = 0.15;
/** Share of the runs in which etcd's members choose another leader about when a slot changes. */
const ELECTION = 0.2;

/** Wishes that enrol a node. */
const renewing: ReadonlySet<Wish['kind']> = new Set(['replace', 'replace by force', 're-enrol']);

/** To about 1970, to about 2099, and by an hour. */
const JUMPS_MS = [-1_700_000_000_000, 2_400_000_000_000, -3_600_000, 3_600_000];

/** What a seed comes to. */
export function planOf(seed: string): Plan {
  const prng = new Prng(`${seed}/plan`);
  const coordinators = prng.pick([2, 3, 3]);
  const nodes = 3 + prng.below(4);
  const troubleMs = prng.between(120_000, 420_000);
  const calendar = new Calendar(prng, { coordinators, nodes, troubleMs });
  const faults = [
    ...Array.from({ length: 2 + prng.below(14) }, (): Fault => faultOf(prng, calendar.next())),
    ...setBackOf(new Prng(`${seed}/set back`)),
    ...lateBeginOf(new Prng(`${seed}/late begin`)),
    ...electionOf(new Prng(`${seed}/election`)),
  ];
  const wishes = [
    ...Array.from({ length: 1 + prng.below(MOST_ROLLOUTS) }, (_, index): Wish =>
      rolloutOf(prng, index === 0 ? FIRST_MS : calendar.atMs(), nodes, index),
    ),
    ...Array.from({ length: prng.below(10) }, (): Wish => wishOf(prng, calendar.next())),
    ...Array.from({ length: prng.chance(NERVOUS) ? 20 : 0 }, (): Wish => steeringOf(prng, calendar.next())),
  ];
  if (!prng.chance(RESTORED)) return { seed, coordinators, nodes, troubleMs, faults, wishes };
  const restore = restoreOf(prng, calendar);
  // an etcd that was put back to before a node was enrolled does not know it: a limit that is known
  const known = wishes.filter(({ kind }) => !renewing.has(kind));
  return { seed, coordinators, nodes, troubleMs, faults: [...faults, ...restore.faults], wishes: [...known, ...restore.wishes] };
}

/** When something happens, and to whom. */
interface Happening {
  readonly when: When;
  readonly coordinator: Who;
  readonly node: Who;
  readonly rollout: Who;
}

/** Says when the next thing happens; troubles seldom come singly. */
class Calendar {
  readonly #prng: Prng;
  readonly #size: Pick<Plan, 'coordinators' | 'nodes' | 'troubleMs'>;
  readonly #moments: Moment[] = [];

  constructor(prng: Prng, size: Pick<Plan, 'coordinators' | 'nodes' | 'troubleMs'>) {
    this.#prng = prng;
    this.#size = size;
  }

  /** Any time at which things may go wrong. */
  atMs(): number {
    return this.#prng.between(FIRST_MS, this.#size.troubleMs);
  }

  next(): Happening {
    const prng = this.#prng;
    const isClose = prng.chance(CLOSE);
    const who = (count: number): Who => (isClose && prng.chance(OWN) ? 'its own' : prng.below(count));
    const when = isClose
      ? { atMs: prng.pick([0, prng.between(0, 50), prng.between(0, 1_000), prng.between(0, 15_000)]), on: this.#moment() }
      : { atMs: this.atMs() };
    return { when, coordinator: who(this.#size.coordinators), node: who(this.#size.nodes), rollout: who(MOST_ROLLOUTS) };
  }

  #moment(): Moment {
    const prng = this.#prng;
    if (this.#moments.length > 0 && prng.chance(TOGETHER)) return prng.pick(this.#moments);
    const action = prng.pick(['slots.grant', 'slots.grant', 'slots.begin', 'slots.begin', 'slots.ended', 'slots.free'] as const);
    const moment = { action, nth: 1 + prng.below(8) };
    this.#moments.push(moment);
    return moment;
  }
}

function rolloutOf(prng: Prng, atMs: number, nodes: number, index: number): Wish {
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
    ...(prng.chance(CANARIES) ? { canary } : {}),
    onFailure: prng.pick([
      { action: 'pause', tolerated: 0 },
      { action: 'pause', tolerated: 0 },
      { action: 'continue', tolerated: 2 },
      { action: 'abort', tolerated: 0 },
    ]),
  };
}

function faultOf(prng: Prng, { when, coordinator, node }: Happening): Fault {
  const forMs = prng.pick([
    prng.between(200, 15_000),
    prng.between(200, 15_000),
    prng.between(2_000, 60_000),
    prng.between(30_000, 200_000),
  ]);
  const kinds: readonly (() => Fault)[] = [
    () => ({ ...when, kind: 'coordinator dies', who: coordinator, forMs }),
    () => ({ ...when, kind: 'coordinator hangs', who: coordinator, forMs }),
    () => ({ ...when, kind: 'coordinator is cut off', who: coordinator, forMs }),
    () => ({ ...when, kind: 'coordinator loses etcd', who: coordinator, forMs }),
    () => ({ ...when, kind: 'agent dies', who: node, forMs }),
    () => ({ ...when, kind: 'agent hangs', who: node, forMs }),
    () => ({ ...when, kind: 'node reboots', who: node, forMs }),
    () => (prng.chance(0.3) ? { ...when, kind: 'node never comes back', who: node } : { ...when, kind: 'node reboots', who: node, forMs }),
    () => ({ ...when, kind: 'node is cut off', who: node, from: coordinator, forMs }),
    () => ({ ...when, kind: 'node is slow', who: node, from: coordinator, forMs }),
    () => ({ ...when, kind: 'node falls ill', who: node, forMs: prng.between(5_000, 300_000) }),
    () => ({ ...when, kind: 'disk is slow', who: node, writeMs: prng.between(100, 8_000), forMs }),
    () => ({ ...when, kind: 'etcd has no majority', forMs }),
    () => ({ ...when, kind: 'etcd loses calls', share: prng.between(0.02, 0.4), forMs }),
    () => ({ ...when, kind: 'a lease ends early' }),
    () => ({ ...when, kind: 'etcd compacts' }),
    () => ({ ...when, kind: 'watches break' }),
    () => ({ ...when, kind: 'clock jumps', who: coordinator, byMs: prng.pick(JUMPS_MS) }),
    () => ({ ...when, kind: "a node's clock jumps", who: node, byMs: prng.pick(JUMPS_MS) }),
  ];
  return prng.pick(kinds)();
}

function setBackOf(prng: Prng): readonly Fault[] {
  if (!prng.chance(SET_BACK)) return [];
  const on = { action: 'slots.begin', nth: 1 + prng.below(4) } as const;
  const who = 'its own';
  return [
    { atMs: prng.between(0, 50), on, kind: 'disk is slow', who, writeMs: prng.between(3_000, 8_000), forMs: prng.between(20_000, 60_000) },
    { atMs: prng.between(50, 10_000), on, kind: "a node's clock jumps", who, byMs: -3_600_000 },
  ];
}

/** A node that asks for its turn only once its grant has lapsed, and perhaps another one been given. */
function lateBeginOf(prng: Prng): readonly Fault[] {
  if (!prng.chance(LATE_BEGIN)) return [];
  const on = { action: 'slots.grant', nth: 1 + prng.below(4) } as const;
  return [{ atMs: prng.between(0, 300), on, kind: 'agent hangs', who: 'its own', forMs: prng.between(14_000, 24_000) }];
}

/** Etcd's next leader gives a lease its full time that nobody renews: that of a coordinator that has died, or of a grant that its node leaves alone. */
function electionOf(prng: Prng): readonly Fault[] {
  if (!prng.chance(ELECTION)) return [];
  const on = { action: prng.pick(['slots.grant', 'slots.begin'] as const), nth: 1 + prng.below(4) };
  const left = { on, kind: prng.pick(['coordinator dies', 'agent hangs'] as const), who: 'its own' } as const;
  return [
    { atMs: prng.between(0, 300), ...left, forMs: prng.between(14_000, 40_000) },
    { atMs: prng.between(0, 15_000), on, kind: 'etcd elects a leader', forMs: prng.between(300, 4_000) },
  ];
}

interface Trouble {
  readonly faults: readonly Fault[];
  readonly wishes: readonly Wish[];
}

/** Etcd is put back, mostly to a time from which a node has gone on that can't tell so for a while. */
function restoreOf(prng: Prng, calendar: Calendar): Trouble {
  const kind = 'etcd is restored';
  const forMs = prng.between(30_000, 60_000);
  const isBumped = prng.chance(BUMPED);
  if (!prng.chance(MUTE)) {
    return { faults: [{ ...calendar.next().when, kind, afterMs: prng.between(0, 120_000), forMs, isBumped }], wishes: [] };
  }
  const on = { action: 'slots.grant', nth: 1 + prng.below(4) } as const;
  const afterMs = prng.between(1_000, 20_000);
  const silence = { kind: prng.pick(['agent dies', 'agent dies', 'agent hangs', 'node reboots'] as const), who: 'its own' } as const;
  const faults: Fault[] = [
    { atMs: prng.between(0, 100), on, kind, afterMs, forMs, isBumped },
    { atMs: prng.between(500, afterMs), on, ...silence, forMs: prng.between(100_000, 240_000) },
  ];
  // whoever looks at it then finds a node that holds nothing and is not heard
  const given = { atMs: afterMs + forMs + prng.between(10_000, 70_000), on, node: 'its own' } as const;
  return { faults, wishes: prng.chance(GIVEN_UP) ? [{ ...given, kind: prng.pick(['remove', 'remove', 'override', 'release']) }] : [] };
}

function steeringOf(prng: Prng, { when, rollout }: Happening): Wish {
  return prng.chance(0.8) ? { ...when, kind: prng.pick(['pause', 'resume']), rollout } : { ...when, kind: prng.pick(['freeze', 'thaw']) };
}

function wishOf(prng: Prng, { when, node, rollout }: Happening): Wish {
  const kinds: readonly (() => Wish)[] = [
    () => ({ ...when, kind: prng.pick(['pause', 'resume', 'approve', 'abort']), rollout }),
    () => ({ ...when, kind: prng.pick(['pause', 'resume']), rollout }),
    () => ({ ...when, kind: prng.pick(['cordon', 'uncordon', 'release', 'override', 'remove', 'replace', 'replace by force']), node }),
    () => ({ ...when, kind: prng.pick(['cordon', 'uncordon', 'release']), node }),
    () => ({ ...when, kind: 're-enrol', node, isForced: prng.chance(0.7) }),
    () => ({ ...when, kind: prng.pick(['freeze', 'thaw', 'thaw', 'adopt']) }),
    () => ({ ...when, kind: 'budget', nodes: 1 + prng.below(2) }),
  ];
  return prng.pick(kinds)();
}
