import { UvsError, toUvsError, type Reason } from '../common/errors.ts';
import type { NodeAction } from '../common/node-action.ts';
import type { Outcome } from '../common/outcome.ts';
import { nextOfAction } from './action-machine.ts';
import { isBeforeSlot, next, type Fact, type Phase } from './machine.ts';
import { mayDisturb, stateOf, type OperationContext } from './operation-context.ts';
import { recordEnd } from './operation-end.ts';
import { operatorNeeded } from './operator-needed.ts';
import type { OperationState } from './operation-state.ts';
import { unanswered } from './slot-guard.ts';
import { goBack } from './steps/back.ts';
import { commitFiles, prepareCommit } from './steps/commit.ts';
import { fetchAndStage } from './steps/fetch.ts';
import { proveHealth } from './steps/prove-health.ts';
import { readBack } from './steps/read-back.ts';
import { demandReboot, rebootMachine } from './steps/reboot.ts';
import { confirmRestart, findUnits, restartUnits } from './steps/restart.ts';
import { runTasks } from './steps/run-tasks.ts';
import { confirmServices, startServices, stopServices } from './steps/services.ts';
import { takeSlot } from './steps/slot.ts';

/** What an act came to. */
interface Result {
  readonly fact: Fact;
  readonly error?: UvsError;
}

/** Reasons for which a node that waits for its slot gives up without having failed at anything. */
const slotRefusals: readonly Reason[] = ['TOKEN_INVALID', ...unanswered];

/**
 * Takes an operation from where its journal is to its end: act, then ask the machine what follows, record it, go on.
 * @param first what is known of the current phase already; undefined: act in it first
 * @throws whatever aborted `signal` unless that was a withdrawal; the operation stays open then
 */
export async function drive(context: OperationContext, first: Result | undefined, signal: AbortSignal): Promise<void> {
  const disturbing = new AbortController().signal;
  let result = first;
  for (;;) {
    const { phase, action } = stateOf(context);
    result ??= await act(context, phase, isBeforeSlot(phase) ? signal : disturbing);
    const following = action === undefined ? next(phase, result.fact) : nextOfAction(action.kind, phase, result.fact);
    if (following === undefined) {
      throw new UvsError(
        'INTERNAL',
        `an operation in ${phase} cannot be ${result.fact}`,
        result.error === undefined ? {} : { cause: result.error },
      );
    }
    if (result.error !== undefined) tellFailure(context, result.error);
    if (await enter(context, phase, following, result)) return;
    result = undefined;
  }
}

/** What the death of an agent means to the phase it was in. */
function interruption(state: OperationState): Result {
  const { action, phase, openTask, failedTask, rebootedFrom } = state;
  if (isBeforeSlot(phase)) {
    return { fact: 'cancelled', error: new UvsError('CANCELLED', `it was interrupted in ${phase} and given up; nothing was changed`) };
  }
  if (action?.kind === 'reboot' && phase === 'rebooting' && rebootedFrom === undefined) {
    return { fact: 'cancelled', error: new UvsError('CANCELLED', 'the agent was interrupted before it asked for the reboot') };
  }
  if (phase !== 'back' && openTask !== undefined && !openTask.idempotent) {
    const sentence = `${openTask.stage} task ${openTask.name} was interrupted and may not be run twice`;
    return { fact: 'interrupted-for-good', error: new UvsError('NEEDS_OPERATOR', sentence) };
  }
  if (phase !== 'back' && failedTask !== undefined) {
    return { fact: 'failed', error: new UvsError('TASK_FAILED', `task ${failedTask} failed, and the agent was interrupted`) };
  }
  return { fact: 'interrupted', error: new UvsError('CANCELLED', `the agent was interrupted in ${phase}`) };
}

/** Takes an interrupted operation to its end; nothing from outside may stop that. */
export async function resume(context: OperationContext): Promise<void> {
  const { signal } = new AbortController();
  const state = stateOf(context);
  const first = interruption(state);
  const isForward = first.fact === 'interrupted' && state.phase !== 'back' && state.reached.has('post');
  // they run already, unless the node was rebooted
  const failure = isForward ? await startServices(context, signal).then(() => undefined, toUvsError) : undefined;
  await drive(context, failure === undefined ? first : { fact: 'failed', error: failure }, signal);
}

/** Records the phase that follows. Returns whether it is the end. */
async function enter(context: OperationContext, phase: Phase, following: Phase, result: Result): Promise<boolean> {
  const { operation, journal, ports } = context;
  const why = result.error === undefined ? undefined : `${result.error.reason}: ${result.error.message}`;
  switch (following) {
    case 'done': {
      const { action, accepted } = stateOf(context);
      if (action === undefined) await recordEnd(context, 'installed', `${accepted?.version ?? ''} is installed`);
      else await recordEnd(context, 'done', describeDone(context));
      return true;
    }
    case 'rolled-back': {
      const state = stateOf(context);
      const wasDisturbed = state.hasRunTasks || state.stoppedUnits.length > 0 || state.reached.has('committing');
      await recordEnd(context, wasDisturbed ? 'rolled-back' : 'never-acted', state.backReason ?? 'UNKNOWN');
      return true;
    }
    case 'failed':
      await recordEnd(context, failedOutcome(phase, result), why ?? 'UNKNOWN');
      return true;
    case 'needs-operator': {
      const back = stateOf(context).backReason;
      const whole = [why, back === undefined ? undefined : `while going back because of ${back}`].filter(Boolean).join(', ');
      await recordEnd(context, 'needs-operator', operatorNeeded(operation, whole));
      return true;
    }
    case 'fetching':
      return false; // it is the first; the record `opened` stands for it
    case 'staged':
    case 'begun':
    case 'pre':
    case 'stopping':
    case 'committing':
    case 'starting':
    case 'post':
    case 'confirming':
    case 'restarting':
    case 'rebooting':
    case 'back':
      if (following === phase) return false;
      await journal.append({ kind: 'phase', operation, phase: following, ...(why === undefined ? {} : { reason: why.slice(0, 4000) }) });
      ports.failpoints.pass(`${following}-recorded`);
      return false;
    default:
      return following satisfies never;
  }
}

async function act(context: OperationContext, phase: Phase, signal: AbortSignal): Promise<Result> {
  try {
    await actIn(context, phase, signal);
    return { fact: 'succeeded' };
  } catch (thrown) {
    // it is the reboot itself that ends the agent: the next boot tells
    if (phase === 'rebooting' && context.request?.stopping?.aborted === true) throw thrown;
    const error = toUvsError(thrown);
    if (phase === 'restarting' && slotRefusals.includes(error.reason)) return { fact: 'cancelled', error };
    if (phase === 'rebooting' && error.reason === 'CANCELLED') return { fact: 'cancelled', error };
    if (!signal.aborted) return { fact: 'failed', error };
    const reason: unknown = signal.reason;
    if (reason instanceof UvsError && reason.reason === 'CANCELLED') return { fact: 'cancelled', error: reason };
    throw reason;
  }
}

async function actIn(context: OperationContext, phase: Phase, signal: AbortSignal): Promise<void> {
  const { action } = stateOf(context);
  if (action !== undefined) return await actOnNode(context, action, phase, signal);
  switch (phase) {
    case 'fetching':
      return await fetchAndStage(context, signal);
    case 'staged':
      return await takeSlot(context, signal);
    case 'begun':
      // a phase of its own so that the yes is on the disk before anything is disturbed
      return;
    case 'pre':
      return await runTasks(context, 'pre', signal);
    case 'stopping':
      await stopServices(context, signal);
      context.ports.failpoints.pass('services-stopped');
      return await prepareCommit(context);
    case 'committing':
      return await commitFiles(context, signal);
    case 'starting':
      await startServices(context, signal);
      context.ports.failpoints.pass('services-started');
      return;
    case 'post':
      return await runTasks(context, 'post', signal);
    case 'confirming':
      await readBack(context);
      context.ports.failpoints.pass('read-back');
      await confirmServices(context, signal);
      await proveHealth(context, signal);
      await runTasks(context, 'cleanup', signal);
      return await confirmServices(context, signal);
    case 'back':
      return await goBack(context, signal);
    case 'restarting':
    case 'rebooting':
    case 'done':
    case 'rolled-back':
    case 'failed':
    case 'needs-operator':
      throw new UvsError('INTERNAL', `nothing is to be done in ${phase}`);
    default:
      phase satisfies never;
  }
}

/** The acts of a restart or a reboot. */
async function actOnNode(context: OperationContext, action: NodeAction, phase: Phase, signal: AbortSignal): Promise<void> {
  if (phase === 'staged') return await takeSlot(context, signal);
  if (phase === 'begun') return await mayDisturb(context, signal);
  switch (action.kind) {
    case 'reboot':
      if (phase === 'fetching') return demandReboot(context);
      if (phase === 'rebooting') return await rebootMachine(context, signal);
      break;
    case 'restart':
      if (phase === 'fetching') return void (await findUnits(context, action.units, signal));
      if (phase === 'restarting') return await restartUnits(context, action.units, signal);
      if (phase === 'confirming') return await confirmRestart(context, signal);
      break;
  }
  throw new UvsError('INTERNAL', `nothing is to be done in ${phase} of a ${action.kind}`);
}

function describeDone(context: OperationContext): string {
  const { action, restartedUnits } = stateOf(context);
  return action?.kind === 'restart' ? `restarted ${(restartedUnits ?? []).map(({ unit }) => unit).join(', ')}` : 'rebooted';
}

function failedOutcome(phase: Phase, result: Result): Outcome {
  if (phase === 'restarting') return 'failed';
  if (phase === 'begun') return 'never-acted';
  if (result.fact === 'cancelled') return 'never-acted';
  return phase === 'staged' && result.error !== undefined && slotRefusals.includes(result.error.reason) ? 'never-acted' : 'failed';
}

function tellFailure(context: OperationContext, error: UvsError): void {
  context.tell(`${error.reason}: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`);
}
