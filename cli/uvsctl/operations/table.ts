import { withoutCommands } from '../../../common/acceptance.ts';
import type { Operation__Output } from '../../../proto/gen/uvs/v1/Operation.ts';
import { formatSpan, formatTime } from '../../output/quantity.ts';
import type { Column } from '../../output/table.ts';
import { shortName } from '../arguments.ts';

export const operationColumns: readonly Column<Operation__Output>[] = [
  { title: 'Operation', cell: (operation) => shortName(operation.name) },
  { title: 'Node Name', cell: (operation) => operation.hostname },
  { title: 'Rollout', cell: (operation) => shortName(operation.rollout) || '-' },
  { title: 'Phase', cell: (operation) => operation.phase || '-' },
  {
    title: 'Outcome',
    cell: (operation) => (operation.done ? operation.outcome : '-'),
    tone: (operation) => (!operation.done ? undefined : operation.outcome === 'installed' || operation.outcome === 'done' ? 'good' : 'bad'),
  },
  { title: 'Created', cell: (operation) => formatTime(operation.createTime) },
  { title: 'Took', cell: (operation) => formatSpan(operation.createTime, operation.endTime) },
  { title: 'Message', cell: (operation) => withoutCommands(operation.message) || '-' },
];
