import type { Command } from 'commander';
import type { Coordinator__Output } from '../../../proto/gen/uvs/v1/Coordinator.ts';
import { formatTime } from '../../output/quantity.ts';
import type { Column } from '../../output/table.ts';
import type { Context, Run } from '../context.ts';
import { showList } from '../show.ts';

const columns: readonly Column<Coordinator__Output>[] = [
  { title: 'Coordinator', cell: ({ id }) => id },
  { title: 'gRPC', cell: ({ grpcAddress }) => grpcAddress },
  { title: 'HTTPS', cell: ({ httpsAddress }) => httpsAddress },
  { title: 'State', cell: ({ isDown }) => (isDown ? 'not running' : 'running'), tone: ({ isDown }) => (isDown ? 'bad' : 'good') },
  { title: 'Since', cell: ({ downTime }) => formatTime(downTime) },
];

/** `uvsctl coordinators list`. */
export function addCoordinatorsList(group: Command, run: Run): void {
  group.command('list').alias('ls').description('the registered coordinators, and which of them run').action(run(listCoordinators));
}

async function listCoordinators(context: Context): Promise<void> {
  const { coordinators } = await context.api.call('uvs.v1.ClusterService', 'ListCoordinators', {}, context.callLimits);
  showList(context, { json: { coordinators }, rows: coordinators, columns, none: 'No coordinators.' });
}

/** "c2 (10.0.0.2:7443), not running since 2026-01-02T03:04:05Z". */
export function coordinatorText({ id, grpcAddress, isDown, downTime }: Coordinator__Output): string {
  const since = downTime === null ? '' : ` since ${formatTime(downTime)}`;
  return `${id} (${grpcAddress}${isDown ? `, not running${since}` : ''})`;
}
