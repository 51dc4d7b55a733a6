import type { Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import { formatSpan, formatTime } from '../../output/quantity.ts';
import { resourceName, shortName } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showFields } from '../show.ts';

/** `uvsctl operations show`. */
export function addOperationsShow(group: Command, run: Run): void {
  group.command('show').description('one operation').argument('<operation>', 'its id').action(run(showOperation));
}

async function showOperation(context: Context, id: string): Promise<void> {
  const request = { name: resourceName('operations', id) };
  const { operation } = await context.api.call('uvs.v1.OperationService', 'GetOperation', request, context.callLimits);
  if (operation === null) throw new UvsError('NOT_FOUND', `there is no operation ${id}`, { hint: '`uvsctl operations list` shows them.' });
  showFields(context, operation, [
    ['Operation', shortName(operation.name)],
    ['Node Name', operation.hostname],
    ['Node UID', operation.nodeUid],
    ['Rollout', shortName(operation.rollout)],
    ['Phase', operation.phase],
    ['Outcome', operation.done ? operation.outcome : 'not ended'],
    ['Message', operation.message],
    ['Created', formatTime(operation.createTime)],
    ['Took', formatSpan(operation.createTime, operation.endTime)],
  ]);
}
