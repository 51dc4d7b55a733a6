import type { Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import { EXIT_OK } from '../../exit-codes.ts';
import { jsonLine } from '../../output/json.ts';
import { formatCount } from '../../output/quantity.ts';
import { safeLine } from '../../output/safe-text.ts';
import { shortName } from '../arguments.ts';
import { confirm, requireSomebodyToAsk } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { modeText } from '../rollouts/state.ts';
import { watchRollout } from '../watch/watch.ts';
import { showPlan, stepsToDo } from './plan-view.ts';
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

  const found = await resolveSubject(context, subject, async () => {
    // A misspelt node is told now, and not after two gigabytes were sent; the plan chooses the nodes anew.
    await api.call('uvs.v1.NodeService', 'ListNodes', { pageSize: 1, selector: wish.selector ?? null }, limits);
  });
  const spec = { ...wish, package: found.name };
  const plan = await api.call('uvs.v1.RolloutService', 'PlanRollout', { spec }, limits);
  if (isJson) terminal.write(jsonLine({ package: found }) + jsonLine({ plan }));
  else showPlan(terminal, plan, found.version, planRows);
  const nodes = stepsToDo(plan);
  if (nodes === 0) {
    terminal.note('Nothing to do: every chosen node is skipped, see the notes.');
    return EXIT_OK;
  }

  await confirm(context, isYes, `Bring ${found.version} to ${formatCount(nodes, 'node')}, ${modeText(spec)}?`);
  const { rollout } = await api.call(
    'uvs.v1.RolloutService',
    'CreateRollout',
    { spec, requestId: context.newRequestId(), validateOnly: false },
    limits,
  );
  if (rollout === null) throw new UvsError('INTERNAL', 'the coordinator created no rollout');
  const id = safeLine(shortName(rollout.name));
  if (options.detach === true) {
    terminal.write(isJson ? jsonLine({ rollout }) : `Rollout ${id} has started. Watch it: uvsctl rollouts watch ${id}\n`);
    return EXIT_OK;
  }
  return await watchRollout(context, { name: rollout.name, isThroughPauses: false, isKnownToExist: true });
}
