import type { Command } from 'commander';
import { UvsError } from '../../common/errors.ts';
import type { Cluster__Output } from '../../proto/gen/uvs/v1/Cluster.ts';
import type { Rollout__Output } from '../../proto/gen/uvs/v1/Rollout.ts';
import type { Slot__Output } from '../../proto/gen/uvs/v1/Slot.ts';
import { jsonDocument } from '../output/json.ts';
import { compareNaturally } from '../../common/natural-order.ts';
import { formatCount } from '../output/quantity.ts';
import { safeLine } from '../../common/safe-text.ts';
import { shortName } from './arguments.ts';
import type { Context, Run } from './context.ts';
import { coordinatorText } from './coordinators/list.ts';
import { allPages, pageSize } from './pages.ts';
import { goalText } from './rollouts/goal.ts';
import { hasEnded, progressText, stateWord } from './rollouts/state.ts';
import { showFields, showList } from './show.ts';
import { slotColumns } from './slots/list.ts';

/** `uvsctl status`: the cluster on one page. */
export function addStatus(program: Command, run: Run): void {
  program.command('status').description('the cluster on one page: leader, nodes, budgets, rollouts, slots').action(run(showStatus));
}

/** Rollouts that have not ended are among the newest; older ones are not searched for. */
const newestRollouts = pageSize;

async function showStatus(context: Context): Promise<void> {
  const { api, callLimits, terminal } = context;
  const first = await clusterNow(context);
  // Without a leader there is nobody to tell of rollouts and slots, and the rest is worth showing all the more.
  const [rollouts, slots] =
    first.leader === null
      ? [[], []]
      : await Promise.all([openRollouts(context), api.call('uvs.v1.SlotService', 'ListSlots', {}, callLimits).then((r) => r.slots)]);
  // A coordinator that follows knows no nodes. The one that leads has answered last: it is the one that is asked now.
  const cluster = first.leader !== null && first.nodesTotal === 0 ? await clusterNow(context) : first;
  if (context.isJson) terminal.write(jsonDocument({ cluster, rollouts, slots }));
  else showPage(context, cluster, rollouts, slots);
}

async function clusterNow({ api, callLimits }: Context): Promise<Cluster__Output> {
  const { cluster } = await api.call('uvs.v1.ClusterService', 'GetCluster', {}, callLimits);
  if (cluster === null) throw new UvsError('INTERNAL', 'the coordinator answered without a cluster');
  return cluster;
}

async function openRollouts({ api, callLimits }: Context): Promise<Rollout__Output[]> {
  const newest = await allPages(async (pageToken) => {
    const page = await api.call('uvs.v1.RolloutService', 'ListRollouts', { pageSize, pageToken }, callLimits);
    return { items: page.rollouts, nextPageToken: page.nextPageToken };
  }, newestRollouts);
  return newest.filter(({ state }) => !hasEnded(state));
}

function showPage(context: Context, cluster: Cluster__Output, rollouts: readonly Rollout__Output[], slots: readonly Slot__Output[]): void {
  const { terminal } = context;
  const { leader, coordinators, conditions, nodesReady, nodesTotal, packageRecipient } = cluster;
  const frozen = conditions.find(({ type, status }) => type === 'Frozen' && status);
  showFields(context, cluster, [
    ['Cluster', cluster.name],
    ['Epoch', cluster.epoch],
    ['Leader', leader === null ? 'none: nothing begins until one is elected' : `${leader.id} (${leader.grpcAddress})`],
    ['Coordinators', coordinators.map(coordinatorText).join(', ')],
    ['Frozen', frozen === undefined ? 'no' : `yes: ${frozen.message}`],
    ...conditions.filter(({ type, status }) => type !== 'Frozen' && status).map(({ type, message }) => [type, message] as const),
    ['Nodes', leader === null ? 'only a leader knows' : `${nodesReady.toLocaleString('en')} of ${formatCount(nodesTotal, 'node')} ready`],
    ['Budgets', budgetsText(cluster)],
    ['Recipient', packageRecipient],
    ['Rollouts', rolloutsText(rollouts)],
    ['Slots', slots.length === 0 ? 'none held' : `${slots.length} held`],
  ]);
  for (const rollout of rollouts) {
    const why = rollout.stateReason || rollout.waitingFor;
    const line = `${shortName(rollout.name)}  ${goalText(rollout.spec, rollout.version)}  ${stateWord(rollout.state)}  ${progressText(rollout)}${why === '' ? '' : `  (${why})`}`;
    terminal.write(`  ${safeLine(line)}\n`);
  }
  if (slots.length === 0) return;
  terminal.write('\n');
  showList(context, { json: {}, rows: slots, columns: slotColumns, none: '' });
}

/** "1 under way, 2 paused": what is paused waits for somebody. */
function rolloutsText(rollouts: readonly Rollout__Output[]): string {
  const paused = rollouts.filter(({ state }) => state === 'ROLLOUT_STATE_PAUSED').length;
  const moving = rollouts.length - paused;
  const parts = [...(moving === 0 ? [] : [`${moving} under way`]), ...(paused === 0 ? [] : [`${paused} paused`])];
  return parts.length === 0 ? 'none under way' : parts.join(', ');
}

/** "cluster 1 (default), role/osd 2": those that were set, and the defaults in the place of those that were not. */
function budgetsText({ budgets, defaultBudgets }: Cluster__Output): string {
  return Object.entries({ ...defaultBudgets, ...budgets })
    .sort(([a], [b]) => compareNaturally(a, b))
    .map(([scope, nodes]) => `${scope} ${nodes}${Object.hasOwn(budgets, scope) ? '' : ' (default)'}`)
    .join(', ');
}
