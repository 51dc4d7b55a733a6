import type { Command } from 'commander';
import { resourceName, shortName, someText } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl credentials withdraw`: refuses a certificate from now on. */
export function addCredentialsWithdraw(group: Command, run: Run): void {
  group
    .command('withdraw')
    .description('refuse a certificate from now on, open connections included')
    .argument('<serial>', 'from `uvsctl credentials list`')
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .option('--yes', 'do not ask')
    .action(run(withdrawCredential));
}

async function withdrawCredential(
  context: Context,
  serial: string,
  options: { readonly reason: string; readonly yes?: true },
): Promise<void> {
  await confirm(context, options.yes === true, `Withdraw the credential ${shortName(serial)}? This cannot be undone.`);
  const request = { name: resourceName('credentials', serial), reason: options.reason };
  const { credential } = await context.api.call('uvs.v1.AccessService', 'WithdrawCredential', request, context.limits);
  showDone(context, credential ?? {}, `The credential ${shortName(serial)} (${credential?.identity ?? 'unknown'}) is withdrawn.`);
}
