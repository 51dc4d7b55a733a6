import { UvsError, toUvsError, type Reason } from '../common/errors.ts';
import { NOTHING_TO_RESTART, changesFiles, type NodeAction } from '../common/node-action.ts';
import { nextOfAction } from './action-machine.ts';
import { HandedOver } from './handover.ts';
import { isBeforeSlot, next, type Fact, type Phase } from './operation-machine.ts';
import { mayDisturb, stateOf, type OperationContext } from './operation-context.ts';
import { recordEnd, recordInstalled, recordTakenBack } from './operation-end.ts';
import { operatorNeeded } from './operator-needed.ts';
import type { OperationState } from './operation-state.ts';
import { unanswered } from './slot-guard.ts';
import { goBack } from './steps/back.ts';
import { commitFiles, prepareCommit } from './steps/commit.ts';
import { confirmFiles } from './steps/confirm.ts';
import { fetchAndStage } from './steps/fetch.ts';
import { giveBack, giveUpReason, handOver, isReplaced } from './steps/hand-over.ts';
import { awaitLooks } from './steps/looks.ts';
import { demandAct, describeMigrated, isSettled, performAct } from './steps/migration.ts';
import { demandReboot, rebootMachine } from './steps/reboot.ts';
import { confirmRestart, restartUnits, unitsToRestart } from './steps/restart.ts';
import { stageRollback } from './steps/rollback.ts';
import { runTasks, type TaskEnd } from './steps/run-tasks.ts';
import { startAgain, startServices, stopServices } from './steps/services.ts';
import { takeSlot } from './steps/slot.ts';

/** What an act came to. */
interface Result {
  readonly fact: Fact;
  readonly error?: UvsError;
}

/** Reasons for which a node that waits for its slot gives up without having failed at anything. */
const slotRefusals: readonly Reason[] = ['TOKEN_INVALID', 'CANCELLED', ...unanswered];

/**
 * Takes an operation from where its journal is to its end: act, then ask the machine what follows, record it, go on.
 * @param first what is known of the current phase already; undefined: act in it first
 * @throws whatever aborted `signal` unless that was a withdrawal; the operation stays open then
 * @throws HandedOver where another agent is to go on
 */
export async function drive(context: OperationContext, first: Result | undefined, signal: AbortSignal): Promise<void> {
  const disturbing = new AbortController().signal;
  let result = first;
  for (;;) {
    const { phase, action } = stateOf(context);
    result ??= await act(context, phase, isBeforeSlot(phase) ? signal : disturbing);
    const following = changesFiles(action) ? next(phase, result.fact) : nextOfAction(action.kind, phase, result.fact);
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

/**
 * Takes an interrupted operation to its end; nothing from outside may stop that.
 * @param task what the task came to that the agent died in and was gone on with: then nothing was interrupted
 */
export async function resume(context: OperationContext, task: TaskEnd | undefined): Promise<void> {
  const { signal } = new AbortController();
  const state = stateOf(context);
  const first = await meaning(context, state, task);
  const isForward = (first === undefined || first.fact === 'interrupted') && state.phase !== 'back' && state.reached.has('post');
  // they run already, unless the node was rebooted
  const isServing = isForward || (first === undefined && stateOf(context).phase === 'handing-over');
  const failure = isServing ? await startAgain(context, signal).then(() => undefined, toUvsError) : undefined;
  await drive(context, failure === undefined ? first : { fact: 'failed', error: failure }, signal);
}

/** What the start of this agent means to the phase that the journal is in; undefined: act in it. */
async function meaning(context: OperationContext, state: OperationState, task: TaskEnd | undefined): Promise<Result | undefined> {
  // no interruption: one agent ends there so that another can start
  if (state.phase === 'handing-over') return undefined;
  const first = task === undefined ? interruption(state) : goneOn(task);
  const isForward = (first === undefined || first.fact === 'interrupted') && state.reached.has('post') && state.phase !== 'back';
  const error = isForward ? await giveUpReason(context) : undefined;
  return error === undefined ? first : { fact: 'failed', error };
}

function goneOn({ failure }: TaskEnd): Result | undefined {
  return failure === undefined ? undefined : { fact: 'failed', error: failure };
}

/** Records the phase that follows. Returns whether it is the end. */
async function enter(context: OperationContext, phase: Phase, following: Phase, result: Result): Promise<boolean> {
  const { operation, journal, ports } = context;
  const why = result.error === undefined ? undefined : `${result.error.reason}: ${result.error.message}`;
  switch (following) {
    case 'done': {
      const { action, accepted } = stateOf(context);
      if (action === undefined) await recordInstalled(context, 'installed', `${accepted?.version ?? ''} is installed`);
      else if (action.kind === 'rollback') await recordTakenBack(context, 'done');
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
      await recordEnd(context, 'needs-operator', operatorNeeded(operation, whole, context.setup.root));
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
    case 'handing-over':
    case 'post':
    case 'confirming':
    case 'restarting':
    case 'rebooting':
    case 'migrating':
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
    return { fact: phase === 'starting' && (await isReplaced(context)) ? 'replaced' : 'succeeded' };
  } catch (thrown) {
    if (thrown instanceof HandedOver) throw thrown;
    // it is the reboot itself that ends the agent: the next boot tells
    if (phase === 'rebooting' && context.request?.stopping?.aborted === true) throw thrown;
    const error = toUvsError(thrown);
    // nothing is wrong but the room, and nobody could do more by hand than to make some: it stays open, and goes on going back when there is
    if (phase === 'back' && error.reason === 'NO_SPACE') {
      tellFailure(context, error);
      throw error;
    }
    if (phase === 'restarting' && slotRefusals.includes(error.reason)) return { fact: 'cancelled', error };
    if (phase === 'migrating' && (await isSettled(context))) return { fact: 'cancelled', error };
    if (phase === 'rebooting' && error.reason === 'CANCELLED') return { fact: 'cancelled', error };
    if (!signal.aborted) return { fact: 'failed', error };
    const reason: unknown = signal.reason;
    if (reason instanceof UvsError && reason.reason === 'CANCELLED') return { fact: 'cancelled', error: reason };
    throw reason;
  }
}

async function actIn(context: OperationContext, phase: Phase, signal: AbortSignal): Promise<void> {
  const { action } = stateOf(context);
  if (!changesFiles(action)) return await actOnNode(context, action, phase, signal);
  const isRelease = action === undefined;
  switch (phase) {
    case 'fetching':
      return isRelease ? await fetchAndStage(context, signal) : await stageRollback(context, signal);
    case 'staged':
      return await takeSlot(context, signal);
    case 'begun':
      // a phase of its own so that the yes is on the disk before anything is disturbed
      return await awaitLooks(context);
    case 'pre':
      if (isRelease) await runTasks(context, 'pre', signal);
      return;
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
    case 'handing-over':
      return await handOver(context, signal);
    case 'post':
      if (isRelease) await runTasks(context, 'post', signal);
      return;
    case 'confirming':
      return await confirmFiles(context, signal);
    case 'back':
      await giveBack(context);
      return await goBack(context, signal);
    case 'restarting':
    case 'rebooting':
    case 'migrating':
    case 'done':
    case 'rolled-back':
    case 'failed':
    case 'needs-operator':
      throw new UvsError('INTERNAL', `nothing is to be done in ${phase}`);
    default:
      phase satisfies never;
  }
}

/** The acts of a restart, a reboot or a migration. */
async function actOnNode(
  context: OperationContext,
  action: Exclude<NodeAction, { kind: 'rollback' }>,
  phase: Phase,
  signal: AbortSignal,
): Promise<void> {
  if (phase === 'staged') return await takeSlot(context, signal);
  if (phase === 'begun') {
    // the yes may grow old meanwhile
    await awaitLooks(context);
    return await mayDisturb(context, signal);
  }
  switch (action.kind) {
    case 'reboot':
      if (phase === 'fetching') return demandReboot(context);
      if (phase === 'rebooting') return await rebootMachine(context, signal);
      break;
    case 'restart':
      if (phase === 'fetching') return void (await unitsToRestart(context, action.units, signal));
      if (phase === 'restarting') return await restartUnits(context, action.units, signal);
      if (phase === 'confirming') return await confirmRestart(context, signal);
      break;
    case 'migration':
      if (phase === 'fetching') return await demandAct(context, action, signal);
      if (phase === 'migrating') return await performAct(context, action, signal);
      break;
  }
  throw new UvsError('INTERNAL', `nothing is to be done in ${phase} of a ${action.kind}`);
}

function describeDone(context: OperationContext): string {
  const { action, restartedUnits } = stateOf(context);
  if (action?.kind === 'migration') return describeMigrated(action.act, action.directory);
  if (action?.kind !== 'restart') return 'rebooted';
  const restarted = (restartedUnits ?? []).map(({ unit }) => unit);
  return restarted.length > 0
    ? `restarted ${restarted.join(', ')}`
    : `${NOTHING_TO_RESTART}: nothing that runs or has failed here matches ${action.units.join(', ')}`;
}

function failedOutcome(phase: Phase, result: Result): 'failed' | 'never-acted' {
  if (phase === 'restarting' || phase === 'migrating') return 'failed';
  if (phase === 'begun') return 'never-acted';
  if (result.fact === 'cancelled') return 'never-acted';
  return phase === 'staged' && result.error !== undefined && slotRefusals.includes(result.error.reason) ? 'never-acted' : 'failed';
}

function tellFailure(context: OperationContext, error: UvsError): void {
  context.tell(`${error.reason}: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`);
}
