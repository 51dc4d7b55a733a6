import type { Command } from 'commander';
import type { Context, Run } from '../context.ts';
import { startAction, withAction, type ActionOptions } from './start-action.ts';

/** `uvsctl rollback`: takes a release back on nodes, each under its slot, to the one before it that they have retained. */
export function addRollback(program: Command, run: Run): void {
  withAction(
    program
      .command('rollback')
      .description('take a release back, to the one before it that the nodes have retained; one node at a time unless told otherwise')
      .argument('[release]', 'its version or manifest hash; needed unless all chosen nodes have the same, and none beside it'),
  ).action(run(rollback));
}

async function rollback(context: Context, release: string | undefined, options: ActionOptions): Promise<number> {
  const action = { action: 'rollback', rollback: { release: release ?? '' } } as const;
  return await startAction(context, options, action, 'Take the release back on');
}
