import type { Outcome } from '../../common/outcome.ts';
import { mayDisturb, type BudgetView, type CountedNode } from '../../coordinator/budget.ts';
import { countDown } from '../../coordinator/budget-count.ts';
import type {
  FailurePolicy,
  HeldSlot,
  NodeRecord,
  RolloutMode,
  RolloutPlanRecord,
  RolloutStateRecord,
  StepRecord,
} from '../../coordinator/domain.ts';
import { nodeStatus } from '../../coordinator/node-status.ts';
import { nextActions, type RolloutAction } from '../../coordinator/rollout.ts';
import type { RolloutSituation } from '../../coordinator/rollout-situation.ts';
import { observeStep, settlementOf, type StepFacts, type StepMilestones } from '../../coordinator/rollout-step.ts';
import { slotAfter } from '../../coordinator/slot-machine.ts';
import { live, node, rolloutPlan, rolloutState, slot, stepRecord } from './domain-records.ts';

/** What a node's agent is at; it acts (is really out of service) between its begin and its end. */
interface Agent {
  isConnected: boolean;
  isCordoned: boolean;
  isEnrolled: boolean;
  operation: string | undefined;
  phase: 'fetching' | 'staged' | 'acting' | 'needs-operator' | undefined;
  hasGrant: boolean;
}

export interface ModelOptions {
  readonly nodes: readonly { readonly hostname: string; readonly roles: readonly string[] }[];
  readonly mode: RolloutMode;
  readonly budget: number;
  readonly clusterBudget: number;
  readonly onFailure?: FailurePolicy;
}

const SILENT_AFTER_MS = 1_000;

/** A cluster in memory in which time, messages and agents move only when they are told to: for tests of the pure decisions. */
export class RolloutModel {
  readonly agents = new Map<string, Agent>();
  readonly records = new Map<string, StepRecord>();
  readonly slots = new Map<string, HeldSlot>();
  readonly plan: RolloutPlanRecord;
  /** Each begin, in their order. */
  readonly begun: string[] = [];
  /** Called right after each begin. */
  onBegin: (uid: string) => void = () => undefined;
  state: RolloutStateRecord = rolloutState();
  isFrozen = false;
  nowMs = 0;
  readonly #nodes: readonly NodeRecord[];
  readonly #options: ModelOptions;
  readonly #refusals = new Map<string, { message: string; atMs: number }>();
  #milestones = new Map<string, StepMilestones>();
  #operations = 0;

  constructor(options: ModelOptions) {
    this.#options = options;
    this.#nodes = options.nodes.map((one) => node(one.hostname, one.roles));
    this.plan = rolloutPlan(
      this.#nodes.map((one) => one.uid),
      { mode: options.mode, budget: options.budget, ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }) },
    );
    for (const { uid } of this.#nodes) {
      this.agents.set(uid, {
        isConnected: true,
        isCordoned: false,
        isEnrolled: true,
        operation: undefined,
        phase: undefined,
        hasGrant: false,
      });
    }
  }

  agent(uid: string): Agent {
    const found = this.agents.get(uid);
    if (found === undefined) throw new Error(`no agent ${uid}`);
    return found;
  }

  /** Nodes that are really out of service or that no one can vouch for. */
  downNow(): readonly string[] {
    return this.#nodes
      .map((one) => one.uid)
      .filter((uid) => this.slots.has(uid) || !this.agent(uid).isConnected || this.agent(uid).isCordoned);
  }

  situation(): RolloutSituation {
    const facts = this.#nodes.map((one) => this.#facts(one));
    this.#milestones = new Map(
      facts.map((step) => [step.uid, observeStep(this.#milestones.get(step.uid), step, this.state, this.nowMs)] as const),
    );
    const steps = facts.map((step) => ({
      ...step,
      milestones: this.#milestones.get(step.uid) ?? observeStep(undefined, step, this.state, this.nowMs),
    }));
    return {
      nowMs: this.nowMs,
      plan: this.plan,
      state: this.state,
      holdReason: undefined,
      isPutBack: false,
      unwrittenMs: 0,
      steps,
      stagingLimit: 2,
      retryMs: 1_000,
    };
  }

  next(): readonly RolloutAction[] {
    return nextActions(this.situation());
  }

  apply(action: RolloutAction): void {
    switch (action.kind) {
      case 'assign':
        this.#operations += 1;
        this.#write(action.uid, { state: 'staging', operation: `op-${this.#operations}`, attempt: this.state.attempt, outcome: undefined });
        break;
      case 'repeat-assign':
        this.#send(action.uid, (agent) => {
          if (agent.phase === 'acting') return;
          Object.assign(agent, { operation: action.operation, phase: 'fetching', hasGrant: false });
        });
        break;
      case 'grant':
        this.#grant(action.uid, action.operation);
        break;
      case 'repeat-grant':
        this.#send(action.uid, (agent) => {
          agent.hasGrant = agent.operation === action.operation && agent.phase === 'staged';
        });
        break;
      case 'cancel':
        this.#send(action.uid, (agent) => {
          if (agent.operation === action.operation && agent.phase !== 'acting') this.#end(action.uid, 'never-acted');
        });
        break;
      case 'free':
        if (!this.agent(action.uid).isConnected) break;
        this.slots.delete(action.uid);
        this.#write(action.uid, { state: action.settlement, message: action.message });
        break;
      case 'settle': {
        const before = this.records.get(action.uid)?.state;
        if (before === 'succeeded' || before === 'skipped') break;
        this.#write(action.uid, { state: action.settlement, message: action.message });
        break;
      }
      case 'pause':
        this.state = { ...this.state, state: 'paused', reason: action.reason };
        break;
      case 'abort':
        this.state = { ...this.state, state: 'aborted', reason: action.reason };
        break;
      case 'end':
        this.state = { ...this.state, state: action.state, endedAt: this.nowMs };
        break;
      case 'wait':
        break;
    }
  }

  /** The agent goes one step on by itself. */
  advance(uid: string, outcome: Outcome): void {
    const agent = this.agent(uid);
    if (agent.phase === 'fetching') agent.phase = 'staged';
    else if (agent.phase === 'staged' && agent.hasGrant && agent.isConnected) this.#begin(uid, agent);
    else if (agent.phase === 'acting' && agent.isConnected) this.#end(uid, outcome);
  }

  /** A granted slot's lease runs out. */
  lapse(uid: string): void {
    if (this.slots.get(uid)?.state === 'granted') this.slots.delete(uid);
  }

  /** An operator takes a node's slot by force: its rollout is rid of it, and it counts on. */
  force(uid: string): void {
    const held = this.slots.get(uid);
    if (held === undefined || slotAfter(held.state, 'force') !== 'quarantined') return;
    this.slots.set(uid, { ...held, state: 'quarantined' });
    this.#write(uid, { state: 'failed', message: 'by force' });
  }

  /** An operator has brought a node back that needed it; its agent reports so. */
  repair(uid: string): void {
    const held = this.slots.get(uid);
    if (held?.outcome === 'needs-operator') this.slots.set(uid, { ...held, outcome: 'rolled-back', outcomeMessage: 'repaired' });
  }

  /** Another coordinator leads: what was only in memory is gone. */
  changeLeader(): void {
    this.#milestones = new Map();
    this.#refusals.clear();
  }

  resume(): void {
    if (this.state.state === 'paused') this.state = rolloutState({ attempt: this.state.attempt + 1 });
  }

  #facts(one: NodeRecord): StepFacts {
    const agent = this.agent(one.uid);
    const record = this.records.get(one.uid);
    const isTold = agent.isConnected && record !== undefined && agent.operation === record.operation;
    return {
      uid: one.uid,
      hostname: one.hostname,
      record,
      slot: this.slots.get(one.uid),
      isEnrolled: agent.isEnrolled,
      isConnected: agent.isConnected,
      phase: isTold ? agent.phase : undefined,
      phaseMessage: '',
      isAsleep: false,
      refusal: this.#refusals.get(one.uid),
    };
  }

  #view(): BudgetView {
    const counted = this.#nodes.map((one) => this.#counted(one, this.slots.get(one.uid)));
    const budgets = { cluster: this.#options.clusterBudget };
    return countDown(counted, this.slots.values(), { freezeReason: this.isFrozen ? 'frozen' : undefined, budgets });
  }

  #counted(one: NodeRecord, held: HeldSlot | undefined): CountedNode {
    const agent = this.agent(one.uid);
    const cordoned = { ...one, cordonReason: agent.isCordoned ? 'cordoned' : undefined };
    const heard = agent.isConnected ? live(one.hostname, this.nowMs) : undefined;
    return { node: cordoned, status: nodeStatus(cordoned, heard, held, this.nowMs, SILENT_AFTER_MS) };
  }

  #mayDisturb(uid: string): string | undefined {
    const one = this.#nodes.find((each) => each.uid === uid);
    if (one === undefined) return 'unknown';
    const asking = { rollout: this.plan.id, mode: this.#options.mode, budget: this.#options.budget, isMending: false };
    const verdict = mayDisturb(this.#view(), this.#counted(one, undefined), asking);
    return verdict.isYes ? undefined : verdict.message;
  }

  #grant(uid: string, operation: string): void {
    const refusal = this.slots.has(uid) ? 'it holds a slot' : this.#mayDisturb(uid);
    if (refusal !== undefined) {
      this.#refusals.set(uid, { message: refusal, atMs: this.nowMs });
      return;
    }
    this.#refusals.delete(uid);
    const hostname = uid.replace('uid-', '');
    this.slots.set(uid, slot(hostname, { state: 'granted', operation, rollout: this.plan.id }));
  }

  #begin(uid: string, agent: Agent): void {
    const held = this.slots.get(uid);
    if (
      held?.state !== 'granted' ||
      held.operation !== agent.operation ||
      this.state.state !== 'running' ||
      this.#mayDisturb(uid) !== undefined
    ) {
      agent.hasGrant = false;
      return;
    }
    this.slots.set(uid, { ...held, state: 'begun' });
    this.#write(uid, { state: 'begun' });
    agent.phase = 'acting';
    this.begun.push(uid);
    this.onBegin(uid);
  }

  #end(uid: string, outcome: Outcome): void {
    const agent = this.agent(uid);
    const held = this.slots.get(uid);
    const isOurs = held !== undefined && held.operation === agent.operation;
    // nothing can have been done with a grant
    const isHarmless = held?.state === 'granted' && (outcome === 'never-acted' || outcome === 'failed');
    if (isOurs && isHarmless) this.slots.delete(uid);
    if (isOurs && !isHarmless) {
      // what was taken from its rollout by force is settled there
      if (held.state !== 'quarantined') this.#write(uid, { state: 'confirming' });
      this.slots.set(uid, { ...held, state: 'ended', outcome, outcomeMessage: outcome });
    } else {
      const record = this.records.get(uid);
      const isOpen = record?.state === 'staging' || record?.state === 'staged' || record?.state === 'granted';
      if (isOpen && record.operation === agent.operation)
        this.#write(uid, { state: settlementOf(outcome, this.state), outcome, message: outcome });
    }
    Object.assign(agent, { operation: undefined, phase: undefined, hasGrant: false });
  }

  #send(uid: string, deliver: (agent: Agent) => void): void {
    const agent = this.agent(uid);
    if (agent.isConnected) deliver(agent);
  }

  #write(uid: string, change: Partial<StepRecord>): void {
    const before = this.records.get(uid) ?? stepRecord(uid.replace('uid-', ''));
    const attempt = change.state === 'failed' ? this.state.attempt : before.attempt;
    this.records.set(uid, { ...before, attempt, ...change });
  }
}
