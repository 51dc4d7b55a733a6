import type { Command } from 'commander';
import { jsonLine } from '../../output/json.ts';
import { formatCount } from '../../output/quantity.ts';
import { requireSomebodyToAsk } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { modeText } from '../rollouts/state.ts';
import { specOf, withSpec, type SpecOptions } from './spec.ts';
import { startRollout } from './start.ts';
import { resolveSubject } from './subject.ts';

interface PushOptions extends SpecOptions {
  readonly yes?: true;
  readonly detach?: true;
}

/** `uvsctl push`: upload, plan, confirmation, rollout and watching in one go. */
export function addPush(program: Command, run: Run): void {
  withSpec(
    program
      .command('push')
      .description('bring a release to nodes: upload, plan, confirm and watch in one go')
      .argument('<file|digest|version>', 'a .upd file, or a package that the cluster has'),
  )
    .option('--yes', 'do not ask for confirmation')
    .option('--detach', 'do not watch; print how to')
    .action(run(push));
}

async function push(context: Context, subject: string, options: PushOptions): Promise<number> {
  const { api, limits, terminal, isJson } = context;
  const isYes = options.yes === true;
  // Whatever can be refused without a byte sent is refused now.
  const wish = specOf(options);
  requireSomebodyToAsk(context, isYes);

  const found = await resolveSubject(context, subject, async () => {
    // A misspelt node is told now, and not after two gigabytes were sent; the plan chooses the nodes anew.
    await api.call('uvs.v1.NodeService', 'ListNodes', { pageSize: 1, selector: wish.selector ?? null }, limits);
  });
  const spec = { ...wish, package: found.name };
  const plan = await api.call('uvs.v1.RolloutService', 'PlanRollout', { spec }, limits);
  if (isJson) terminal.write(jsonLine({ package: found }));
  return await startRollout(context, {
    spec,
    plan,
    version: found.version,
    question: (nodes) => `Bring ${found.version} to ${formatCount(nodes, 'node')}, ${modeText(spec)}?`,
    isYes,
    isDetached: options.detach === true,
  });
}
