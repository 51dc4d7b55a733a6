import { changesFiles } from '../common/node-action.ts';
import { toUvsError, type UvsError } from '../common/errors.ts';
import { resume } from './drive.ts';
import { isBeforeSlot, isOver, next, type Phase } from './operation-machine.ts';
import type { NodeOperations } from './node-operations.ts';
import type { OperationContext, OperationRequest } from './operation-context.ts';
import { settleEnd } from './operation-end.ts';
import type { OperationState } from './operation-state.ts';
import type { Ended } from './ports.ts';
import { endLeftovers } from './steps/back.ts';
import { demandMounts, restoreFiles } from './steps/commit.ts';
import { demandMountsToGoOn } from './steps/mounted-over.ts';
import { giveBack } from './steps/hand-over.ts';
import { restoreMigrated } from './steps/migration.ts';
import { isGoingDown } from './steps/reboot.ts';
import { canGoOnWithTask, goOnWithTask } from './steps/run-tasks.ts';
import { rereadUnits, startAgain } from './steps/services.ts';

/** Boot waits for it. */
const BOOT_REREAD_MS = 30_000;

/**
 * Finishes what a crash or power cut interrupted: the files are all old or all new afterwards. Nobody is asked, so that of an operation
 * with a slot only what restores service is done: it goes back, or, where it can only go forward by disturbing the node, has to wait.
 * @param options.abandon also ends operations that had not begun, takes back those that would have to wait, and ends restarts, reboots and migrations;
 *   without it they stay open, to be gone on with by `runOperation`. A reboot stays open as long as the machine may still be going down for it.
 * @param options.onNoSpace hears of what a full disk keeps from being recovered, which stays open; without it that is thrown
 */
export async function recover(
  operations: NodeOperations,
  options: { readonly abandon: boolean; readonly onNoSpace?: (operation: string, error: UvsError) => void },
): Promise<readonly Ended[]> {
  const finished: Ended[] = [];
  for (const state of operations.all().values()) {
    try {
      const ended = await recoverAlone(operations, state, options.abandon);
      if (ended !== undefined) finished.push(ended);
    } catch (thrown) {
      const error = toUvsError(thrown);
      if (options.onNoSpace === undefined || error.reason !== 'NO_SPACE') throw thrown;
      options.onNoSpace(state.operation, error);
    }
  }
  return finished;
}

/** Does so for one operation. @returns its end; undefined: it stays open */
export async function recoverAlone(operations: NodeOperations, state: OperationState, abandon: boolean): Promise<Ended | undefined> {
  if (isBeforeSlot(state.phase) && !abandon) return undefined;
  // no file is half done by a restart or a reboot, and what is left of it wants a coordinator's word: `runOperation` goes on
  if (!changesFiles(state.action) && state.phase !== 'begun' && !isOver(state.phase) && !abandon) {
    if (state.phase === 'migrating') await restoreServiceBy(operations, state, restoreMigrated);
    return undefined;
  }
  if (state.phase === 'rebooting' && isGoingDown(state.rebootedFrom, await operations.ports.machine.bootId())) return undefined;
  if (abandon) await giveUpTrial(operations, state);
  const goesOn = goesForward(state.phase) || (await canGoOnWithTask(operations.ports, state));
  if (abandon || !state.needsSlot || !goesOn || (await isGivenUp(operations, state)))
    return await recoverOne(operations, state, undefined, abandon);
  await restoreService(operations, state);
  return undefined;
}

/** Goes on with an interrupted operation to its end: with the task that runs on without its agent, or else after the end of what was left of it. */
export async function recoverOne(
  operations: NodeOperations,
  state: OperationState,
  request: OperationRequest | undefined,
  isGivenUp = false,
): Promise<Ended> {
  await using context = await operations.context(state.operation, request);
  context.isGivenUp = isGivenUp;
  if (!isOver(state.phase)) {
    if (state.phase !== 'handing-over') context.tell(`The agent was interrupted in ${state.phase}`);
    if (state.reached.has('committing')) await ((await isToGoOn(operations, state)) ? demandMountsToGoOn(context) : demandMounts(context));
    const task = (await canGoOnWithTask(operations.ports, state)) ? await goOnWithTask(context) : undefined;
    if (task === undefined) {
      if (goesForward(state.phase)) await demandNoLeftovers(operations, context);
      // whatever is left running, the files go back
      else await endLeftovers(context);
    }
    await resume(context, task);
  }
  return await settleEnd(context);
}

/** It goes forward: what the release brings next must not meet what its tasks do. @throws UvsError NEEDS_OPERATOR */
async function demandNoLeftovers({ ports, state }: NodeOperations, context: OperationContext): Promise<void> {
  const ended = await ports.tasks.endLeftovers({ operation: context.operation, stateDirectory: state.path });
  if (ended > 0) context.tell(`${ended} processes of its tasks were still running and were ended`);
}

/**
 * Puts the files of interrupted commits back and leaves everything else to `recover`; may be run again. Returns their operations.
 * @throws UvsError NOT_FOUND where a mount that a commit touched is not there as it was; HandedOver where another agent is to do that
 */
export async function restoreInterrupted(operations: NodeOperations): Promise<readonly string[]> {
  const restored: string[] = [];
  for (const state of operations.all().values()) {
    const { operation, phase } = state;
    const goesBack = changesFiles(state.action) && (phase === 'back' || next(phase, 'interrupted') === 'back');
    if (!goesBack || !state.reached.has('committing')) continue;
    await using context = await operations.context(operation, undefined);
    await demandMounts(context);
    if (phase !== 'back') {
      context.tell(`The agent was interrupted in ${phase}`);
      await operations.journal.append({
        kind: 'phase',
        operation,
        phase: 'back',
        reason: `CANCELLED: the agent was interrupted in ${phase}`,
      });
    }
    await giveBack(context);
    await restoreFiles(context);
    // they were read as the interrupted release had left them; what has no systemd that answers yet goes on all the same
    await rereadUnits(context, AbortSignal.timeout(BOOT_REREAD_MS)).catch((error: unknown) => context.tell(toUvsError(error).message));
    restored.push(operation);
  }
  return restored;
}

/** The services may be down since a reboot; whether the rest may go on is asked once there is somebody to ask. */
async function restoreService(operations: NodeOperations, state: OperationState): Promise<void> {
  await restoreServiceBy(operations, state, (context) => startAgain(context, new AbortController().signal));
}

async function restoreServiceBy(
  operations: NodeOperations,
  state: OperationState,
  restore: (context: OperationContext) => Promise<void>,
): Promise<void> {
  await using context = await operations.context(state.operation, undefined);
  if (state.phase !== 'handing-over')
    context.tell(`The agent was interrupted in ${state.phase}; it goes on once a coordinator confirms the slot`);
  await restore(context).catch((error: unknown) => {
    // found again, and acted upon, when it goes on
    context.tell(toUvsError(error).message);
  });
}

/** Whether the agent that was to go on with it has failed: this one goes back, and asks nobody. */
async function isGivenUp(operations: NodeOperations, { operation }: OperationState): Promise<boolean> {
  const state = await operations.ports.handover.state();
  return state?.operation === operation && state.standing === 'failed';
}

/** Whether nothing is known yet for which it would go back. */
async function isToGoOn(operations: NodeOperations, state: OperationState): Promise<boolean> {
  return goesForward(state.phase) && state.failedTask === undefined && !(await isGivenUp(operations, state));
}

/** Somebody at the console wants an end now, and would have to wait for another agent. */
async function giveUpTrial(operations: NodeOperations, { operation, phase }: OperationState): Promise<void> {
  const { handover } = operations.ports;
  const state = await handover.state();
  if (phase !== 'handing-over' || state?.operation !== operation || handover.running === state.to) return;
  if (state.standing === 'prepared' || state.standing === 'trial')
    await handover.move(state.standing, 'failed', 'it was given up from the console');
}

/** Whether an operation that was interrupted in the phase goes on in its direction. */
function goesForward(phase: Phase): boolean {
  return !isOver(phase) && phase !== 'back' && next(phase, 'interrupted') === phase;
}
