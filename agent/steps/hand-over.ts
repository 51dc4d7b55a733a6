import { Deadline } from '../../common/deadline.ts';
import { UvsError } from '../../common/errors.ts';
import { HandedOver, type HandoverState } from '../handover.ts';
import { manifestOf, stateOf, type OperationContext } from '../operation-context.ts';
import { judgeOwnPrograms } from '../own-programs.ts';
import { readInstalled, rememberedFiles } from '../installed.ts';
import type { Plan } from '../files/plan.ts';
import { agentLayout } from '../../common/agent-layout.ts';

/** Of the launcher's deadline, for the start of the new agent before and the end of its word after. */
const SPARE_SECONDS = 15;

/**
 * Where the release moves the agent's pointer: writes down that this agent is the one that runs, before the commit. Whatever becomes of the commit,
 * it is the one that recovers it.
 */
export async function prepareHandover(context: OperationContext, plan: Plan): Promise<void> {
  const { operation, bounds, ports, setup } = context;
  const remembered = await rememberedFiles(context.state, await readInstalled(context.state));
  const successor = judgeOwnPrograms(setup.root, manifestOf(context), ports.handover.running, remembered);
  if (successor === undefined || !plan.actions.some(({ kind, path }) => kind === 'put' && path === agentLayout.pointer)) return;
  const from = ports.handover.running;
  if (from === undefined) throw new UvsError('INTERNAL', 'the agent does not know its own version');
  const seconds = Math.ceil(bounds.handoverMs / 1000);
  await ports.handover.prepare({ operation, from, to: successor.version, seconds });
  ports.failpoints.pass('handover-prepared');
}

/** The handover of this operation, where one is under way. */
export async function handoverOf({ operation, ports }: OperationContext): Promise<HandoverState | undefined> {
  const state = await ports.handover.state();
  return state?.operation === operation ? state : undefined;
}

/**
 * The act of `handing-over`, by either agent. The old one records what its successor will need and lets it be tried; the new one confirms. What it
 * shows by that: it starts, reads the journal, and reaches a coordinator where the old one did.
 * @throws HandedOver where the other agent is to act; UvsError SERVICE_FAILED where the new one failed
 */
export async function handOver(context: OperationContext, signal: AbortSignal): Promise<void> {
  const { operation, journal, ports } = context;
  const { handover, contact, failpoints } = ports;
  const state = await handoverOf(context);
  if (state === undefined) throw new UvsError('SERVICE_FAILED', `what says which agent goes on with ${operation} is missing`);
  const { standing, from, to, seconds, reason } = state;
  switch (standing) {
    case 'prepared':
      await journal.append({ kind: 'handover', operation, from, to, seconds, hadContact: contact.isThere() });
      failpoints.pass('handover-recorded');
      context.say(`Handing over to agent ${to}, which has ${seconds} s to confirm`);
      await handover.move('prepared', 'trial');
      throw new HandedOver(to);
    case 'trial':
      if (handover.running !== to) throw new HandedOver(to);
      return await confirm(context, state, signal);
    case 'confirmed':
      return;
    case 'failed':
      throw new UvsError('SERVICE_FAILED', `the new agent ${to} did not take over: ${reason === '' ? 'nothing more is known' : reason}`);
    default:
      standing satisfies never;
  }
}

async function confirm(context: OperationContext, { from, to, seconds }: HandoverState, signal: AbortSignal): Promise<void> {
  const { handover, contact, failpoints } = context.ports;
  failpoints.pass('trial-begun');
  context.say(`Agent ${to} takes over from ${from}`);
  if (stateOf(context).handover?.hadContact === true && !contact.isThere()) {
    context.say('Looking for a coordinator, as the agent before had one');
    await reachCoordinator(context, seconds, signal);
  }
  await handover.move('trial', 'confirmed');
  failpoints.pass('handover-confirmed');
}

/** Gives up a little earlier than the launcher, which could not say why. @throws UvsError DEADLINE_EXCEEDED; HandedOver where this agent is told to end */
async function reachCoordinator({ ports, request }: OperationContext, seconds: number, signal: AbortSignal): Promise<void> {
  const stopping = request?.stopping;
  const stop = stopping === undefined ? signal : AbortSignal.any([signal, stopping]);
  using deadline = new Deadline(
    Math.max(seconds - SPARE_SECONDS, seconds / 2) * 1000,
    'contact with a coordinator, which the agent before had,',
    stop,
  );
  try {
    await ports.contact.await(deadline.signal);
  } catch (error) {
    // nothing is decided: the next start tries again
    throw stopping?.aborted === true ? new HandedOver(ports.handover.running ?? '') : error;
  }
}

/** Before anything goes back: a new agent leaves that to the one that knows how the node was. @throws HandedOver */
export async function giveBack(context: OperationContext): Promise<void> {
  const { handover, failpoints } = context.ports;
  const state = await handoverOf(context);
  if (state === undefined || handover.running !== state.to) return;
  if (state.standing !== 'trial' && state.standing !== 'confirmed') return;
  context.say(`Agent ${state.from} goes back`);
  await handover.move(state.standing, 'failed', stateOf(context).backReason ?? '');
  failpoints.pass('handover-given-back');
  throw new HandedOver(state.from);
}

/** Why the new agent was given up after it had confirmed; undefined where it was not. */
export async function giveUpReason(context: OperationContext): Promise<UvsError | undefined> {
  const state = await handoverOf(context);
  if (state?.standing !== 'failed') return undefined;
  return new UvsError(
    'SERVICE_FAILED',
    `the new agent ${state.to} did not finish: ${state.reason === '' ? 'nothing more is known' : state.reason}`,
  );
}

/** Whether this operation waits for another agent. */
export async function isReplaced(context: OperationContext): Promise<boolean> {
  return (await handoverOf(context)) !== undefined;
}

/**
 * Ends the handover with its operation: the pointer alone says who runs. After `needs-operator` the agent that runs now goes on running: the new
 * one by the pointer, the old one by the handover, which stays.
 */
export async function endHandover(context: OperationContext): Promise<void> {
  const { handover, failpoints } = context.ports;
  const state = await handoverOf(context);
  if (state === undefined) return;
  const { ended } = stateOf(context);
  if (ended?.outcome === 'needs-operator' && state.standing !== 'confirmed') return;
  if (ended?.installed !== undefined) {
    // the one before stays until the next is done
    const swept = await handover.sweep([state.from, state.to]);
    if (swept.length > 0) context.tell(`Removed what no agent needs any more: ${swept.join(', ')}`);
    failpoints.pass('agents-swept');
  }
  await handover.forget(context.operation);
  failpoints.pass('handover-forgotten');
}
