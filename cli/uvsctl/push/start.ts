import { UvsError } from '../../../common/errors.ts';
import type { PlanRolloutResponse__Output } from '../../../proto/gen/uvs/v1/PlanRolloutResponse.ts';
import type { RolloutSpec } from '../../../proto/gen/uvs/v1/RolloutSpec.ts';
import { EXIT_OK } from '../../exit-codes.ts';
import { jsonLine } from '../../output/json.ts';
import { safeLine } from '../../output/safe-text.ts';
import { shortName } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import { watchRollout } from '../watch/watch.ts';
import { showPlan, stepsToDo } from './plan-view.ts';

/** How many nodes a person is shown before the question; `uvsctl plan` shows them all. */
const planRows = 40;

export interface Start {
  readonly spec: RolloutSpec;
  readonly plan: PlanRolloutResponse__Output;
  /** Version that is brought; undefined where none is. */
  readonly version: string | undefined;
  /** Asked once the plan is shown. */
  readonly question: (nodes: number) => string;
  /** Said already, or to be asked. */
  readonly isYes: boolean;
  readonly isDetached: boolean;
}

/** Shows a plan, asks, starts the rollout and watches it to its end. Returns the exit code. */
export async function startRollout(context: Context, start: Start): Promise<number> {
  const { api, limits, terminal, isJson } = context;
  const { spec, plan } = start;
  if (isJson) terminal.write(jsonLine({ plan }));
  else showPlan(terminal, plan, start.version, planRows);
  const nodes = stepsToDo(plan);
  if (nodes === 0) {
    terminal.note('Nothing to do: every chosen node is skipped, see the notes.');
    return EXIT_OK;
  }
  await confirm(context, start.isYes, start.question(nodes));
  const { rollout } = await api.call(
    'uvs.v1.RolloutService',
    'CreateRollout',
    { spec, requestId: context.newRequestId(), validateOnly: false },
    limits,
  );
  if (rollout === null) throw new UvsError('INTERNAL', 'the coordinator created no rollout');
  const id = safeLine(shortName(rollout.name));
  if (start.isDetached) {
    terminal.write(isJson ? jsonLine({ rollout }) : `Rollout ${id} has started. Watch it: uvsctl rollouts watch ${id}\n`);
    return EXIT_OK;
  }
  return await watchRollout(context, { name: rollout.name, isThroughPauses: false, isKnownToExist: true });
}
