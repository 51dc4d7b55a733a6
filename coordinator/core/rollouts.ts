import { UvsError } from '../../common/errors.ts';
import { describeAction } from '../../common/node-action.ts';
import { askingOf, describeDown } from '../budget.ts';
import type { Actor, OperationPage, OperationQuery, PackageRootCore, RolloutsCore } from '../core.ts';
import type { OperationView, Plan, RolloutChange, RolloutSummary, RolloutView } from '../rollout-view.ts';
import type { NodeRecord, PackageRecord, RolloutSpec, RolloutState, RolloutStateRecord } from '../domain.ts';
import type { Etcd } from '../etcd/port.ts';
import { placeSteps } from '../rollout-situation.ts';
import { planBlockers } from '../plan-blockers.ts';
import { unsaidBlockers } from '../restartable.ts';
import { wavesOf } from '../plan-waves.ts';
import { fitPlan } from '../plan-size.ts';
import { demandWork, type PlannedSteps } from '../plan.ts';
import { describeCanaries } from '../rollout-canary.ts';
import { outputPlace } from '../../common/output-place.ts';
import { KEPT_TRIES, tryOf, type StepTry } from '../step-tries.ts';
import { abortedBy, approvedBy, pausedBy, resumed } from '../rollout-orders.ts';
import { keys } from '../state/keys.ts';
import type { Wish } from '../state/requests.ts';
import { countEnded } from '../state/ended-counts.ts';
import { loadRollout, loadRolloutHead, loadRolloutIds, loadRolloutStates, loadSteps } from '../state/load.ts';
import type { Mirror, RolloutRecords } from '../state/mirror.ts';
import { hasEnded } from '../state/mirror.ts';
import { parseRecord } from '../state/parse.ts';
import { operationSchema, packageSchema } from '../state/records.ts';
import { newId } from '../../common/new-id.ts';
import { countNow, statusOf, type Leading } from './leading.ts';
import { recentPace } from './pace.ts';
import { askAboutPlan } from './plan-gates.ts';
import { planNow } from './plan-now.ts';
import { listOperations, readStep } from './operation-list.ts';
import type { Reign } from './reign.ts';
import { unreachedBlockers } from '../unreached-root.ts';
import { watchRollout } from './rollout-watch.ts';

/** Rollouts, their steps and operations; leader only. */
export class Rollouts implements RolloutsCore {
  readonly #etcd: Etcd;
  readonly #reign: () => Reign;
  readonly #packageRoot: Pick<PackageRootCore, 'current'>;

  constructor(etcd: Etcd, requireReign: () => Reign, packageRoot: Pick<PackageRootCore, 'current'>) {
    this.#etcd = etcd;
    this.#reign = requireReign;
    this.#packageRoot = packageRoot;
  }

  async plan(asked: RolloutSpec): Promise<Plan> {
    const { leading } = this.#reign();
    const pkg = await this.#packageOf(asked);
    const { mirror } = leading.ledger;
    const { spec, planned } = planNow(leading, mirror, pkg, asked);
    const { steps, canaries, going, fetchBytes } = planned;
    const pace = await recentPace(this.#etcd, spec.goal);
    const waves = wavesOf(going, canaries, spec, pace?.ms);
    const { serveBytesPerSecond } = leading.timings;
    const stagingMs = serveBytesPerSecond === undefined ? undefined : (1000 * fetchBytes) / serveBytesPerSecond;
    const held = await this.#blockers(leading, planned, spec);
    return { steps, canaries, waves, isPaceOfRelease: pace?.isOfRelease ?? false, ...held, fetchBytes, serveBytesPerSecond, stagingMs };
  }

  async create(asked: RolloutSpec, actor: Actor, requestId: string): Promise<RolloutView> {
    const { leading } = this.#reign();
    const { clock, randomUuid, requests } = leading;
    const id = await requests.perform({ actor, action: 'rollouts.create', content: asked, requestId }, async (mirror) => {
      // inside the turn: a removal of the package is decided before or after, not meanwhile
      const pkg = await this.#packageOf(asked);
      const { spec, planned } = planNow(leading, mirror, pkg, asked);
      const { order, going, canaries, skipped, steps } = planned;
      demandWork(steps);
      const made = newId('ro', clock.wallMs(), randomUuid());
      const plan = fitPlan({
        id: made,
        spec,
        version: pkg?.version ?? '',
        creator: actor.identity,
        createdAt: clock.wallMs(),
        order,
        hostnames: going.map(({ hostname }) => hostname),
        canaries,
        skipped,
      });
      const state: RolloutStateRecord = {
        state: 'running',
        reason: '',
        pause: undefined,
        pausedAt: undefined,
        endedAt: undefined,
        attempt: 1,
        approvedBy: undefined,
        counts: undefined,
      };
      return {
        changes: [{ of: 'rollout', plan, state }],
        audit: {
          resource: `rollouts/${made}`,
          message: `${titleOf(spec, pkg)} ${order.length} nodes${howOf(spec, leading, mirror)}`,
        },
        result: made,
      };
    });
    return this.get(id);
  }

  async ids(): Promise<readonly string[]> {
    this.#reign();
    return await loadRolloutIds(this.#etcd);
  }

  async summaries(ids: readonly string[]): Promise<readonly RolloutSummary[]> {
    const { leading, observer } = this.#reign();
    const found: RolloutSummary[] = [];
    for (const id of ids) {
      const open = leading.ledger.mirror.rollouts.get(id);
      const summary = open === undefined ? await this.#history(id) : observer.view(open);
      if (summary !== undefined) found.push(summary);
    }
    return found;
  }

  async states(): Promise<readonly RolloutState[]> {
    this.#reign();
    return (await loadRolloutStates(this.#etcd)).map(({ state }) => state);
  }

  async get(id: string): Promise<RolloutView> {
    const reign = this.#reign();
    return reign.observer.view(await this.#records(reign, id));
  }

  async *watch(id: string, signal: AbortSignal): AsyncGenerator<RolloutChange, void, undefined> {
    const reign = this.#reign();
    yield* watchRollout(reign, async () => reign.observer.view(await this.#records(reign, id)), signal);
  }

  pause(id: string, reason: string, actor: Actor, requestId: string): Promise<RolloutView> {
    const now = this.#reign().leading.clock.wallMs();
    return this.#change('rollouts.pause', id, reason, actor, requestId, ({ state }) => ({
      state: pausedBy(state, actor.identity, reason, now),
    }));
  }

  resume(id: string, reason: string, actor: Actor, requestId: string): Promise<RolloutView> {
    return this.#change('rollouts.resume', id, reason, actor, requestId, ({ state }) => ({
      state: resumed(state),
      known:
        state.state === 'paused'
          ? `it was paused${state.pause?.cause === 'operator' ? ` by ${state.pause.by}` : ''}: ${state.reason}`
          : 'it was not paused',
    }));
  }

  approve(id: string, reason: string, actor: Actor, requestId: string): Promise<RolloutView> {
    const { observer } = this.#reign();
    return this.#change('rollouts.approve', id, reason, actor, requestId, (rollout) => {
      const situation = observer.situation(rollout);
      return { state: approvedBy(situation, actor.identity), known: describeCanaries(situation, placeSteps(situation)) };
    });
  }

  abort(id: string, reason: string, actor: Actor, requestId: string): Promise<RolloutView> {
    return this.#change('rollouts.abort', id, reason, actor, requestId, ({ state }) => ({
      state: abortedBy(state, actor.identity, reason),
    }));
  }

  async operation(id: string): Promise<OperationView> {
    const reign = this.#reign();
    const entry = await this.#etcd.get(keys.operation(id));
    const place = entry === undefined ? undefined : parseRecord(operationSchema, entry);
    const step = place === undefined ? undefined : await readStep(this.#etcd, place.rollout, place.uid);
    const found = step === undefined ? undefined : tryOf(step, id);
    if (found !== undefined) return operationView(reign, found);
    throw new UvsError('NOT_FOUND', `there is no operation ${id.slice(0, 100)}`, {
      hint:
        `Of a step the last try and ${KEPT_TRIES} before it are known, as long as the rollout is listed. ` +
        `What others wrote is on their nodes for a while, in ${outputPlace('OPERATION')}`,
      details: { operation: id.slice(0, 100) },
    });
  }

  async operations(query: OperationQuery): Promise<OperationPage> {
    const reign = this.#reign();
    return await listOperations(this.#etcd, query, (step) => operationView(reign, step));
  }

  async #change(
    action: string,
    id: string,
    message: string,
    actor: Actor,
    requestId: string,
    change: (rollout: RolloutRecords) => { readonly state: RolloutStateRecord; readonly known?: string },
  ): Promise<RolloutView> {
    const reign = this.#reign();
    const isAbort = action === 'rollouts.abort';
    await reign.leading.requests.perform({ actor, action, content: { id, message }, requestId }, async (mirror): Promise<Wish> => {
      const rollout = mirror.rollouts.get(id);
      if (
        rollout === undefined ||
        (rollout.state.state !== 'running' && rollout.state.state !== 'paused' && !isAbort) ||
        hasEnded(rollout.state)
      ) {
        const known = rollout ?? (await loadRollout(this.#etcd, id));
        if (known === undefined) throw notFound(id);
        throw new UvsError('NOT_ALLOWED_NOW', `rollout ${id} is ${known.state.state}`, {
          hint: 'Only a rollout that is running or paused can be changed; create another one.',
          details: { rollout: id, state: known.state.state },
        });
      }
      const { state, known } = change(rollout);
      return {
        changes: [{ of: 'rollout-state', id, record: state }],
        audit: { resource: `rollouts/${id}`, message: withKnown(message, known) },
        result: id,
      };
    });
    return this.get(id);
  }

  /** One that is over: its steps, which may be thousands, are read only where it ended before their counts were kept. */
  async #history(id: string): Promise<RolloutSummary | undefined> {
    const head = await loadRolloutHead(this.#etcd, id);
    if (head === undefined) return undefined;
    const counts = head.state.counts ?? countEnded(head.state, (await loadSteps(this.#etcd, id)).values());
    return { ...head, counts, waitingFor: '', newcomers: [] };
  }

  async #records(reign: Reign, id: string): Promise<RolloutRecords> {
    const records = reign.leading.ledger.mirror.rollouts.get(id) ?? (await loadRollout(this.#etcd, id));
    if (records === undefined) throw notFound(id);
    return records;
  }

  async #packageOf(spec: RolloutSpec): Promise<PackageRecord | undefined> {
    return spec.goal.kind === 'release' ? await this.#package(spec.goal.package) : undefined;
  }

  async #package(digest: string): Promise<PackageRecord> {
    const entry = await this.#etcd.get(keys.package(digest));
    if (entry !== undefined) return parseRecord(packageSchema, entry);
    throw new UvsError('NOT_FOUND', `there is no package ${digest.slice(0, 100)}`, {
      hint: '"uvsctl packages list" shows the packages.',
      details: { package: digest.slice(0, 100) },
    });
  }

  async #blockers(leading: Leading, planned: PlannedSteps, spec: RolloutSpec): Promise<Pick<Plan, 'blockers' | 'gatesAsked'>> {
    const { mirror } = leading.ledger;
    const nodes = planned.order.map((uid) => mirror.nodes.get(uid)).filter((node) => node !== undefined);
    const counted = nodes.map((node) => ({ node, status: statusOf(leading, node, mirror.slots.get(node.uid)) }));
    const blockers = planBlockers(countNow(leading, mirror), counted, askingOf('', spec));
    const unreached = spec.goal.kind === 'release' ? this.#unreached(leading, nodes) : [];
    const named = nodes.map(({ uid, hostname }) => ({ hostname, named: leading.link.live(uid)?.restartable }));
    const { blockers: refusals, asked } = await askAboutPlan(leading, nodes, spec);
    return { blockers: [...blockers, ...unreached, ...unsaidBlockers(spec.goal, named), ...refusals], gatesAsked: asked };
  }

  #unreached({ link }: Leading, nodes: readonly NodeRecord[]): Plan['blockers'] {
    const known = nodes.map(({ uid, hostname }) => ({ hostname, version: link.live(uid)?.packageRootVersion }));
    return unreachedBlockers(known, this.#packageRoot.current());
  }
}

function titleOf({ goal }: RolloutSpec, pkg: PackageRecord | undefined): string {
  if (goal.kind !== 'release') return `${describeAction(goal)} on`;
  return `${pkg?.product ?? ''} ${pkg?.version ?? ''} to`;
}

/** How a rollout goes and why, and, where it weakens a guard, what is known at this moment. */
function howOf({ mode, budget, acknowledgedChecks, reason }: RolloutSpec, leading: Leading, mirror: Mirror): string {
  const atOnce = mode === 'parallel' ? `, up to ${budget} at once` : '';
  const acknowledged = acknowledgedChecks.length === 0 ? '' : `, acknowledged: ${acknowledgedChecks.join(' ')}`;
  const isOverride = mode === 'parallel' || acknowledgedChecks.length > 0;
  const refusing = leading.gates.list().filter(({ last }) => last?.isYes === false);
  const gates = refusing.map(({ name, last }) => `, gate ${name} said last: ${last?.message ?? ''}`).join('');
  const known = isOverride ? `; known: ${describeDown(countNow(leading, mirror))}${gates}` : '';
  return `, ${mode}${atOnce}${acknowledged}${reason === '' ? '' : `: ${reason}`}${known}`;
}

function withKnown(message: string, known: string | undefined): string {
  if (known === undefined) return message;
  return message === '' ? `known: ${known}` : `${message}; known: ${known}`;
}

/** The step as etcd has it, its output with it, and what its agent says of it at this moment. */
function operationView({ leading, observer }: Reign, step: StepTry): OperationView {
  const { mirror } = leading.ledger;
  const open = step.isEarlier ? undefined : mirror.rollouts.get(step.rollout);
  const hostname = mirror.nodes.get(step.uid)?.hostname ?? (step.hostname === '' ? step.uid : step.hostname);
  const now = open === undefined ? undefined : observer.stepView(open, step.uid);
  const live = now?.operation === step.operation ? now : undefined;
  return { ...step, hostname, isCanary: false, needsOperator: false, phase: '', percent: -1, ...live, outputTail: step.outputTail };
}

function notFound(id: string): UvsError {
  return new UvsError('NOT_FOUND', `there is no rollout ${id.slice(0, 100)}`, {
    hint: '"uvsctl rollouts list" shows the rollouts.',
    details: { rollout: id.slice(0, 100) },
  });
}
