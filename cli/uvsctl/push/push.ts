import type { Command } from 'commander';
import type { Package__Output } from '../../../proto/gen/uvs/v1/Package.ts';
import type { Rollout__Output } from '../../../proto/gen/uvs/v1/Rollout.ts';
import { jsonLine } from '../../output/json.ts';
import { formatCount } from '../../output/quantity.ts';
import { safeLine } from '../../../common/safe-text.ts';
import { requireSomebodyToAsk } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { shortDigest } from '../packages/table.ts';
import { modeText } from '../rollouts/state.ts';
import { demandReason, specOf, withSpec, type SpecOptions } from './spec.ts';
import { createRollout, followRollout } from './start.ts';
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
  const { api, callLimits, terminal, isJson } = context;
  const isYes = options.yes === true;
  // Whatever can be refused without a byte sent is refused now.
  const wish = specOf(options);
  demandReason(options);
  requireSomebodyToAsk(context, isYes);

  const { found, isNew } = await resolveSubject(context, subject, async () => {
    // A misspelt node is told now, and not after two gigabytes were sent; the plan chooses the nodes anew.
    await api.call('uvs.v1.NodeService', 'ListNodes', { pageSize: 1, selector: wish.selector ?? null }, callLimits);
  });
  const spec = { ...wish, package: found.name };
  if (isJson) terminal.write(jsonLine({ package: found }));
  let rollout: Rollout__Output | undefined;
  try {
    rollout = await createRollout(context, {
      spec,
      release: found,
      question: (nodes) => `Bring ${found.version} to ${formatCount(nodes, 'node')}, ${modeText(spec)}?`,
      isYes,
    });
  } finally {
    if (isNew && rollout === undefined) terminal.note(packageStays(found));
  }
  return await followRollout(context, rollout, options.detach === true);
}

/** What remains of a push that uploaded its package and started nothing with it. */
function packageStays({ digest }: Package__Output): string {
  const id = safeLine(shortDigest(digest));
  return `The package stays in the cluster: \`uvsctl push ${id} …\` tries again without sending it, \`uvsctl packages rm ${id}\` forgets it.`;
}
