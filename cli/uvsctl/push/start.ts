import { UvsError } from '../../../common/errors.ts';
import type { Rollout__Output } from '../../../proto/gen/uvs/v1/Rollout.ts';
import type { RolloutSpec } from '../../../proto/gen/uvs/v1/RolloutSpec.ts';
import { EXIT_OK } from '../../exit-codes.ts';
import { jsonLine } from '../../output/json.ts';
import { safeLine } from '../../../common/safe-text.ts';
import { shortName } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import { watchRollout } from '../watch/watch.ts';
import { nothingToDo, showPlan, stepsToDo, type Brought } from './plan-view.ts';

/** How many nodes a person is shown before the question; `uvsctl plan` shows them all. */
const planRows = 40;

export interface Wish {
  readonly spec: RolloutSpec;
  /** What is brought; undefined where nothing is. */
  readonly release: Brought | undefined;
  /** Asked once the plan is shown. */
  readonly question: (nodes: number) => string;
  /** Said already, or to be asked. */
  readonly isYes: boolean;
}

/** Plans, shows the plan, asks and starts; undefined where there is nothing to do. */
export async function createRollout(context: Context, { spec, release, question, isYes }: Wish): Promise<Rollout__Output | undefined> {
  const { api, callLimits, terminal, isJson } = context;
  const plan = await api.call('uvs.v1.RolloutService', 'PlanRollout', { spec }, callLimits);
  if (isJson) terminal.write(jsonLine({ plan }));
  // A table in which every row says the same would only hide the sentence.
  else if (plan.steps.some(({ hasRelease }) => !hasRelease)) showPlan(terminal, plan, release, planRows);
  const nodes = stepsToDo(plan);
  if (nodes === 0) {
    const sentence = safeLine(nothingToDo(plan, release?.version));
    if (isJson) terminal.note(sentence);
    else terminal.write(`${sentence}\n`);
    return undefined;
  }

  await confirm(context, isYes, question(nodes), 'No rollout was created.');
  const { rollout } = await api.call(
    'uvs.v1.RolloutService',
    'CreateRollout',
    { spec, requestId: context.newRequestId(), validateOnly: false },
    callLimits,
  );
  if (rollout === null) throw new UvsError('INTERNAL', 'the coordinator created no rollout');
  return rollout;
}

/** Watches a rollout that was just started to its end, or says how to. Returns the exit code; undefined: there was nothing to start. */
export async function followRollout(context: Context, rollout: Rollout__Output | undefined, isDetached: boolean): Promise<number> {
  const { terminal, isJson } = context;
  if (rollout === undefined) return EXIT_OK;
  if (!isDetached) return await watchRollout(context, { name: rollout.name, isThroughPauses: false, isKnownToExist: true });
  const id = safeLine(shortName(rollout.name));
  terminal.write(isJson ? jsonLine({ rollout }) : `Rollout ${id} has started. Watch it: uvsctl rollouts watch ${id}\n`);
  return EXIT_OK;
}
