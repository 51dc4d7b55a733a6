import type { Command } from 'commander';
import { EXIT_OK } from '../../exit-codes.ts';
import { jsonDocument } from '../../output/json.ts';
import { formatCount } from '../../output/quantity.ts';
import { requireSomebodyToAsk } from '../confirm.ts';
import type { Context } from '../context.ts';
import type { RolloutSpec } from '../../../proto/gen/uvs/v1/RolloutSpec.ts';
import { showPlan } from '../push/plan-view.ts';
import { demandReason, specOf, withSpec, type SpecOptions } from '../push/spec.ts';
import { createRollout, followRollout } from '../push/start.ts';
import { modeText } from '../rollouts/state.ts';

export interface ActionOptions extends SpecOptions {
  readonly yes?: true;
  readonly detach?: true;
  readonly dryRun?: true;
}

/** Adds the options of a command that does something to nodes besides bringing a release. */
export function withAction(command: Command): Command {
  return withSpec(command)
    .option('--dry-run', 'only show the plan, and what would hold it up now')
    .option('--yes', 'do not ask for confirmation')
    .option('--detach', 'do not watch; print how to');
}

/** Plans, asks, starts and watches a rollout that brings no release. @param what begins the question: "Reboot" */
export async function startAction(
  context: Context,
  options: ActionOptions,
  action: Pick<RolloutSpec, 'action' | 'reboot' | 'restart' | 'rollback' | 'migration'>,
  what: string,
): Promise<number> {
  const isYes = options.yes === true;
  // one at a time is what everybody means who says nothing
  const spec: RolloutSpec = { ...specOf(options.parallel === undefined ? { ...options, rolling: true } : options), ...action };
  if (options.dryRun !== true) {
    demandReason(options, action.action === 'rollback');
    requireSomebodyToAsk(context, isYes);
  }
  if (options.dryRun === true) {
    const plan = await context.api.call('uvs.v1.RolloutService', 'PlanRollout', { spec }, context.callLimits);
    if (context.isJson) context.terminal.write(jsonDocument(plan));
    else showPlan(context.terminal, plan, undefined);
    return EXIT_OK;
  }
  const question = (nodes: number): string => `${what} ${formatCount(nodes, 'node')}, ${modeText(spec)}?`;
  return await followRollout(context, await createRollout(context, { spec, release: undefined, question, isYes }), options.detach === true);
}
