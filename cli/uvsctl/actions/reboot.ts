import type { Command } from 'commander';
import type { Context, Run } from '../context.ts';
import { startAction, withAction, type ActionOptions } from './start-action.ts';

/** `uvsctl reboot`: reboots nodes, each under its slot. */
export function addReboot(program: Command, run: Run): void {
  withAction(
    program
      .command('reboot')
      .description('reboot nodes, one at a time unless told otherwise; each is done when it is heard from another boot'),
  ).action(run(reboot));
}

async function reboot(context: Context, options: ActionOptions): Promise<number> {
  return await startAction(context, options, { action: 'reboot', reboot: {} }, 'Reboot');
}
