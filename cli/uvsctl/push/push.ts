import type { Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import type { Package__Output } from '../../../proto/gen/uvs/v1/Package.ts';
import type { Rollout__Output } from '../../../proto/gen/uvs/v1/Rollout.ts';
import type { RolloutSpec } from '../../../proto/gen/uvs/v1/RolloutSpec.ts';
import { EXIT_OK } from '../../exit-codes.ts';
import { jsonLine } from '../../output/json.ts';
import { formatCount } from '../../output/quantity.ts';
import { safeLine } from '../../output/safe-text.ts';
import { shortName } from '../arguments.ts';
import { confirm, requireSomebodyToAsk } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { shortDigest } from '../packages/table.ts';
import { modeText } from '../rollouts/state.ts';
import { watchRollout } from '../watch/watch.ts';
import { nothingToDo, showPlan, stepsToDo } from './plan-view.ts';
import { specOf, withSpec, type SpecOptions } from './spec.ts';
import { resolveSubject } from './subject.ts';

interface PushOptions extends SpecOptions {
  readonly yes?: true;
  readonly detach?: true;
}

const planRows = 40;

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

  const { found, isNew } = await resolveSubject(context, subject, async () => {
    // A misspelt node is told now, and not after two gigabytes were sent; the plan chooses the nodes anew.
    await api.call('uvs.v1.NodeService', 'ListNodes', { pageSize: 1, selector: wish.selector ?? null }, limits);
  });
  let rollout: Rollout__Output | undefined;
  try {
    rollout = await createRollout(context, found, { ...wish, package: found.name }, isYes);
  } finally {
    if (isNew && rollout === undefined) terminal.note(packageStays(found));
  }
  if (rollout === undefined) return EXIT_OK;
  if (options.detach === true) {
    const id = safeLine(shortName(rollout.name));
    terminal.write(isJson ? jsonLine({ rollout }) : `Rollout ${id} has started. Watch it: uvsctl rollouts watch ${id}\n`);
    return EXIT_OK;
  }
  return await watchRollout(context, { name: rollout.name, isThroughPauses: false, isKnownToExist: true });
}

/** Plans, asks and starts; undefined where there is nothing to do. */
async function createRollout(
  context: Context,
  found: Package__Output,
  spec: RolloutSpec,
  isYes: boolean,
): Promise<Rollout__Output | undefined> {
  const { api, limits, terminal, isJson } = context;
  const plan = await api.call('uvs.v1.RolloutService', 'PlanRollout', { spec }, limits);
  const nodes = stepsToDo(plan);
  if (isJson) terminal.write(jsonLine({ package: found }) + jsonLine({ plan }));
  // A table in which every row says the same would only hide the sentence.
  else if (plan.steps.some(({ hasRelease }) => !hasRelease)) showPlan(terminal, plan, found.version, planRows);
  if (nodes === 0) {
    const sentence = safeLine(nothingToDo(plan, found.version));
    if (isJson) terminal.note(sentence);
    else terminal.write(`${sentence}\n`);
    return undefined;
  }

  await confirm(context, isYes, `Bring ${found.version} to ${formatCount(nodes, 'node')}, ${modeText(spec)}?`, 'No rollout was created.');
  const { rollout } = await api.call(
    'uvs.v1.RolloutService',
    'CreateRollout',
    { spec, requestId: context.newRequestId(), validateOnly: false },
    limits,
  );
  if (rollout === null) throw new UvsError('INTERNAL', 'the coordinator created no rollout');
  return rollout;
}

/** What remains of a push that uploaded its package and started nothing with it. */
function packageStays({ digest }: Package__Output): string {
  const id = safeLine(shortDigest(digest));
  return `The package stays in the cluster: \`uvsctl push ${id} …\` tries again without sending it, \`uvsctl packages rm ${id}\` forgets it.`;
}
