import type { NodeFacts } from '../../common/facts.ts';
import { UvsError } from '../../common/errors.ts';
import type { Channel, ChannelListener } from '../../common/rpc/handlers.ts';
import type { SessionRequest__Output } from '../../proto/gen/uvs/agent/v1/SessionRequest.ts';
import type { SessionResponse } from '../../proto/gen/uvs/agent/v1/SessionResponse.ts';
import { AgentHub, type HubOptions } from '../../coordinator/agents/hub.ts';
import type { Leadership } from '../../coordinator/agents/leadership.ts';
import { sessionTimes } from '../../coordinator/agents/session-timeouts.ts';
import { factsMessage } from '../../coordinator/api/convert/facts.ts';
import type { HeldSlot, Member } from '../../coordinator/domain.ts';
import { limitsOf, type NodeLimits } from '../../coordinator/declared/limits.ts';
import { settingsOf, type NodeSettings } from '../../coordinator/declared/settings.ts';
import type { Clock } from '../../coordinator/ports.ts';
import { node } from './domain-records.ts';
import { FakePackageRoot } from './package-root.ts';

/** A clock that moves when told. */
export class HandClock implements Clock {
  nowMs = 1_000_000;
  monotonicMs(): number {
    return this.nowMs;
  }
  wallMs(): number {
    return this.nowMs;
  }
}

export class HandLeadership implements Leadership {
  #isLeader = true;
  readonly #listeners = new Set<() => void>();
  isLeader(): boolean {
    return this.#isLeader;
  }
  leaderAddress(): string {
    return this.#isLeader ? 'c1:7443' : 'c2:7443';
  }
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
  lose(): void {
    this.#isLeader = false;
    for (const listener of this.#listeners) listener();
  }
}

export interface HelloClaims {
  readonly uid?: string;
  readonly withdrawalsCounter?: number;
  readonly packageRootVersion?: number;
  readonly restartableUnits?: NonNullable<SessionRequest__Output['hello']>['restartableUnits'];
  readonly answersLimits?: boolean;
  readonly openOperations?: NonNullable<SessionRequest__Output['hello']>['openOperations'];
  readonly endedOperations?: NonNullable<SessionRequest__Output['hello']>['endedOperations'];
}

/** The agent's end of a session, in memory. */
export class FakeAgent {
  readonly uid: string;
  readonly received: SessionResponse[] = [];
  ended: 'open' | 'well' | UvsError = 'open';
  readonly #listener: ChannelListener<SessionRequest__Output>;

  constructor(hub: AgentHub, uid: string, fingerprint = uid) {
    this.uid = uid;
    const channel: Channel<SessionResponse> = {
      peer: { identity: { cluster: 'test', kind: 'node', id: uid }, name: `node/${uid}`, fingerprint },
      send: (message) => {
        if (this.ended === 'open') this.received.push(message);
      },
      end: (error) => this.#end(error ?? 'well'),
    };
    this.#listener = hub.open(channel);
  }

  say(message: Partial<SessionRequest__Output>): void {
    if (this.ended !== 'open') throw new Error('the session has ended');
    try {
      this.#listener.receive(message);
    } catch (error) {
      this.#end(error instanceof UvsError ? error : new UvsError('INTERNAL', String(error)));
    }
  }

  hello(instance: string, claims: HelloClaims = {}): this {
    const {
      uid = this.uid,
      withdrawalsCounter = 0,
      packageRootVersion = 1,
      restartableUnits = null,
      answersLimits = true,
      openOperations = [],
      endedOperations = [],
    } = claims;
    this.say({
      message: 'hello',
      hello: {
        uid,
        hostname: 'osd-1',
        addresses: ['10.0.0.1'],
        roles: ['osd'],
        facts: factsOut(),
        openOperations,
        endedOperations,
        instance,
        withdrawalsCounter: String(withdrawalsCounter),
        packageRootVersion,
        takesLimits: true,
        takesSettings: true,
        answersLimits,
        restartableUnits,
      },
    });
    return this;
  }

  heartbeat(failedServices: string[] = [], packageRootVersion = 1): void {
    this.say({ message: 'heartbeat', heartbeat: { facts: null, failedServices, packageRootVersion } });
  }

  /** Answers a probe: the last that came, or the one with this nonce. */
  answerProbe(bootId: string, ofNonce?: string): void {
    const nonce = ofNonce ?? this.received.findLast((message) => message.healthProbe !== undefined)?.healthProbe?.nonce ?? '';
    this.say({ message: 'healthEvidence', healthEvidence: { nonce, bootId, facts: factsOut(), failedServices: [] } });
  }

  leave(): void {
    this.#end('well');
  }

  #end(how: 'well' | UvsError): void {
    if (this.ended !== 'open') return;
    this.ended = how;
    this.#listener.closed();
  }
}

export const someFacts: NodeFacts = {
  distroId: 'debian',
  distroVersion: '12',
  arch: 'arm64',
  board: '',
  agentVersion: '0.1.0',
  uvsVersion: '',
  cephVersion: '16.2.15',
  kernelVersion: '6.1',
  diskFreeBytes: 1e9,
  diskTotalBytes: 4e9,
  bootId: 'boot-1',
  installed: [],
  daemons: [],
};

type FactsOut = NonNullable<NonNullable<SessionRequest__Output['hello']>['facts']>;

function factsOut(): FactsOut {
  const { diskFreeBytes, diskTotalBytes } = factsMessage(someFacts);
  return {
    ...someFacts,
    diskFreeBytes: String(diskFreeBytes),
    diskTotalBytes: String(diskTotalBytes),
    installed: [],
    daemons: { names: [] },
    waysBack: null,
    mixture: '',
    m2: null,
    mixedReleases: [],
  };
}

type MendedTold = Parameters<HubOptions['onMended']>;

export interface TestHub extends Disposable {
  readonly hub: AgentHub;
  readonly clock: HandClock;
  readonly leadership: HandLeadership;
  /** Once it is over what needs the leader's records throws, before anybody is told. */
  readonly term: { isOver: boolean };
  readonly trouble: UvsError[];
  readonly mended: readonly MendedTold[];
  readonly learnt: string[];
  /** What comes of learning what a node says, by UID. */
  readonly unlearnable: Map<string, UvsError>;
  /** Operations that were open in what was stored of a node last. */
  readonly storedOpen: Map<string, readonly string[]>;
  /** What is stored takes until this resolves. */
  storing: Promise<void>;
  readonly withdrawn: Set<string>;
  readonly packageRoot: FakePackageRoot;
  readonly limits: FakeLimits;
  readonly settings: FakeSettings;
  readonly withdraw: (fingerprint: string) => void;
  /** The coordinators that the cluster has. */
  readonly members: Member[];
  /** Slots that the ledger has, by UID. */
  readonly slots: Map<string, HeldSlot>;
  /** Describe was asked so often. */
  readonly described: () => number;
}

const anybody = { uid: '', roles: [], labels: {} };

/** What is declared, the same for every node. */
class FakeDeclared<N> {
  now: N;
  readonly #listeners = new Set<(uid: string | undefined) => void>();

  constructor(nothing: N) {
    this.now = nothing;
  }

  of(): N {
    return this.now;
  }

  onChange(listener: (uid: string | undefined) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  protected change(now: N): void {
    this.now = now;
    for (const listener of this.#listeners) listener(undefined);
  }
}

export class FakeLimits extends FakeDeclared<NodeLimits> {
  constructor() {
    super(limitsOf(anybody, []));
  }

  set(unit: string, values: Readonly<Record<string, string>>): void {
    this.change(limitsOf(anybody, [{ scope: 'cluster', unit, values }]));
  }
}

export class FakeSettings extends FakeDeclared<NodeSettings> {
  constructor() {
    super(settingsOf(anybody, []));
  }

  set(values: Readonly<Record<string, string>>): void {
    this.change(settingsOf(anybody, [{ scope: 'cluster', values }]));
  }
}

/** A hub whose nodes are all enrolled, but for "stranger". */
export function makeHub(): TestHub {
  const clock = new HandClock();
  const leadership = new HandLeadership();
  const term = { isOver: false };
  const trouble: UvsError[] = [];
  const mended: MendedTold[] = [];
  const learnt: string[] = [];
  const unlearnable = new Map<string, UvsError>();
  const storedOpen = new Map<string, readonly string[]>();
  const withdrawn = new Set<string>();
  const onWithdrawal = new Set<() => void>();
  let described = 0;
  const member: Member = { id: 'c1', grpcAddress: 'c1:7443', httpsAddress: 'c1:7444' };
  const members = [member];
  const slots = new Map<string, HeldSlot>();
  const packageRoot = new FakePackageRoot();
  const limits = new FakeLimits();
  const settings = new FakeSettings();
  const refuse = async (): Promise<never> => {
    throw new UvsError('INTERNAL', 'not part of this test');
  };
  const hub = new AgentHub({
    core: {
      nodes: {
        list: () => [],
        find: (name) => {
          if (name === 'stranger') throw new UvsError('NOT_FOUND', 'no such node');
          return { ...node('osd-1', ['osd']), uid: name };
        },
        isEnrolled: async (uid) => uid !== 'stranger',
        select: () => [],
        status: () => ({ state: 'ready', message: '' }),
        enrol: refuse,
        epoch: () => {
          if (term.isOver) throw new UvsError('NOT_LEADER', 'no coordinator leads at this moment');
          return 'epoch-1';
        },
        learn: async (uid, { openOperations }) => {
          const failure = unlearnable.get(uid);
          if (failure !== undefined) throw failure;
          learnt.push(uid);
          storedOpen.set(
            uid,
            openOperations.map(({ operation }) => operation),
          );
          await made.storing;
        },
        cordon: refuse,
        uncordon: refuse,
        acceptRoles: refuse,
        label: refuse,
        remove: refuse,
        writeOff: refuse,
        noteLocal: refuse,
      },
      slots: { held: (uid) => slots.get(uid) },
      packageRoot,
      limits,
      settings,
      credentials: {
        record: refuse,
        list: refuse,
        find: refuse,
        withdraw: refuse,
        withdrawals: () => ({ counter: withdrawn.size, fingerprints: withdrawn }),
        onWithdrawal: (listener) => {
          onWithdrawal.add(listener);
          return { [Symbol.dispose]: () => void onWithdrawal.delete(listener) };
        },
      },
      cluster: {
        describe: async () => {
          described += 1;
          return {
            epoch: 'e',
            leader: member,
            members: members.map((known) => ({ ...known, isDown: false, downSince: undefined, isUnfit: false })),
            ledger: { seq: 0, nodeEntries: 0, requestId: '', freezeReason: undefined, budgets: {}, hold: undefined, isAdopting: false },
            unheard: [],
          };
        },
        members: refuse,
        removeMember: refuse,
        freeze: refuse,
        thaw: refuse,
        setBudget: refuse,
        unsetBudget: refuse,
        adopt: refuse,
      },
    },
    leadership,
    ownHttpsAddress: 'c1:7444',
    clock,
    times: { ...sessionTimes, sweepMs: 5 },
    onTrouble: (_uid, error) => trouble.push(error),
    onMended: (...told) => mended.push(told),
  });
  const made: TestHub = {
    hub,
    term,
    storedOpen,
    storing: Promise.resolve(),
    clock,
    leadership,
    trouble,
    mended,
    learnt,
    unlearnable,
    withdrawn,
    packageRoot,
    limits,
    settings,
    withdraw: (fingerprint) => {
      withdrawn.add(fingerprint);
      for (const listener of onWithdrawal) listener();
    },
    members,
    slots,
    described: () => described,
    [Symbol.dispose]: () => hub[Symbol.dispose](),
  };
  return made;
}
