import { agentCommand, startAgent } from '../../common/acceptance.ts';
import { UvsError } from '../../common/errors.ts';
import { changesFiles } from '../../common/node-action.ts';
import { isOver, next } from '../operation-machine.ts';
import type { OperationState } from '../operation-state.ts';

/** What the journal says of an operation that nobody works on now. */
export type Interrupted = Pick<OperationState, 'operation' | 'phase' | 'action' | 'needsSlot' | 'failedTask'>;

/** Where it is interrupted: its root, and whether a cluster waits to hear of the end. */
interface Place {
  readonly root: string;
  readonly hasJoined: boolean;
}

/** Whether the agent, which can ask for the slot, goes on with it, where `uvs-agent recover`, which asks nobody, gives it up. */
export function isAgentsToGoOn({ phase, action, needsSlot, failedTask }: Interrupted): boolean {
  if (!needsSlot || failedTask !== undefined || isOver(phase)) return false;
  if (!changesFiles(action)) return phase !== 'begun';
  return phase !== 'back' && next(phase, 'interrupted') === phase;
}

/**
 * Refuses what changes mounts while an operation is open: one that has to go back would not find the file systems as they were. A migration's is no such.
 * @param what is refused, as words after a verb
 * @throws UvsError NOT_ALLOWED_NOW
 */
export function demandNoneOpen(operations: Iterable<Pick<OperationState, 'operation' | 'phase' | 'action'>>, what: string): void {
  const open = [...operations].find(({ phase, action }) => !isOver(phase) && action?.kind !== 'migration');
  if (open === undefined) return;
  throw new UvsError('NOT_ALLOWED_NOW', `${open.operation} is not over, it is in ${open.phase}: no ${what} meanwhile`, {
    hint: '`uvs-agent status` says what is to be done about it.',
  });
}

/** Says what is to be done about an operation that was interrupted while no agent runs, the better way first. */
export function adviceOn(state: Interrupted, { root, hasJoined }: Place): string {
  const { operation, phase } = state;
  const was = `${operation} was interrupted in ${phase}, and no agent runs`;
  const recover = `${agentCommand(root)} recover`;
  if (!hasJoined) return `${was}: bring it to its end with: ${recover}`;
  const start = `${was}: start it (${startAgent(root)})`;
  if (!isAgentsToGoOn(state)) {
    return `${start}, which brings this to its end. Where it can't be started, \`${recover}\` does; start the agent afterwards, which tells the coordinator`;
  }
  return `${start}, which asks a coordinator and goes on. \`${recover}\` asks nobody and ${whatRecoverDoes(state)}: only where no coordinator can be reached for long; start the agent afterwards`;
}

function whatRecoverDoes({ action }: Interrupted): string {
  switch (action?.kind) {
    case undefined:
      return 'takes the release back';
    case 'rollback':
      return 'undoes the rollback';
    case 'migration':
      return 'has it as before, or leaves it on the SSD where it counts already, and removes no old directory';
    case 'restart':
    case 'reboot':
      return 'gives up what is left to do';
  }
}

/** What is to be known once `uvs-agent recover` has ended an operation as it could: that its agent would have gone on, and that somebody waits to hear of it. */
export function afterRecovery(
  ended: readonly { readonly operation: string; readonly outcome: string }[],
  before: ReadonlyMap<string, Interrupted>,
  { root, hasJoined }: Place,
): readonly string[] {
  const givenUp = ended.filter(({ operation, outcome }) => {
    const state = before.get(operation);
    return state !== undefined && isAgentsToGoOn(state) && (outcome === 'rolled-back' || outcome === 'failed' || outcome === 'never-acted');
  });
  const why = givenUp.map(
    ({ operation }) => `${operation} was given up because \`recover\` asks no coordinator: the agent would have asked one, and gone on.`,
  );
  const isToBeHeard = hasJoined && ended.length > 0 && ended.every(({ outcome }) => outcome !== 'needs-operator');
  return isToBeHeard
    ? [...why, `Start the agent (${startAgent(root)}): it tells the coordinator of this end, which keeps a slot taken until then.`]
    : why;
}

/** What to do where the operation that an operator accepts needs nobody: which ones do. */
export function otherThan(operation: string, open: ReadonlyMap<string, Pick<OperationState, 'operation' | 'phase'>>): string {
  const needing = [...open.values()].filter(({ phase }) => phase === 'needs-operator');
  const names = needing.map((one) => one.operation).join(', ');
  if (names !== '') return `${needing.length === 1 ? 'The one that does is' : 'Those that do are'} ${names}.`;
  const phase = open.get(operation)?.phase;
  if (phase !== undefined) return `It is in ${phase}, where nothing has been disturbed: its agent goes on with it, or is told to drop it.`;
  return 'None does, so there is nothing to accept; `uvs-agent status` shows what was done here. Where another root is managed, name it with --root.';
}
