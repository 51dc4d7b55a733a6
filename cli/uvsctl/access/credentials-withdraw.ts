import { X509Certificate } from 'node:crypto';
import type { Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import type { Credential__Output } from '../../../proto/gen/uvs/v1/Credential.ts';
import { resourceName, shortName, someText } from '../arguments.ts';
import { confirm, requireSomebodyToAsk } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

interface WithdrawOptions {
  readonly reason: string;
  readonly yes?: true;
}

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

async function withdrawCredential(context: Context, serial: string, options: WithdrawOptions): Promise<void> {
  const { api, callLimits } = context;
  const isYes = options.yes === true;
  requireSomebodyToAsk(context, isYes);
  const name = resourceName('credentials', serial);
  const isOwn = shortName(name) === serialOf(context.credential.certificate);
  if (!isYes) await confirm(context, isYes, await question(context, name, isOwn));
  const { credential } = await api.call('uvs.v1.AccessService', 'WithdrawCredential', { name, reason: options.reason }, callLimits);
  const more = isOwn ? '; it was yours: use another from now on' : '';
  showDone(
    context,
    credential ?? {},
    `The credential ${shortName(name)} (${credential === null ? 'unknown' : whoseText(credential)}) is withdrawn${more}.`,
  );
}

async function question({ api, callLimits }: Context, name: string, isOwn: boolean): Promise<string> {
  const { credential } = await api.call('uvs.v1.AccessService', 'GetCredential', { name }, callLimits);
  if (credential === null) throw new UvsError('INTERNAL', 'the coordinator answered without a credential');
  const whose = isOwn ? ', the one that you are using' : '';
  return `Withdraw the credential ${shortName(name)} of ${whoseText(credential)}${whose}? This cannot be undone.`;
}

function whoseText({ identity, hostname }: Credential__Output): string {
  return hostname === '' ? identity : `${identity}, ${hostname}`;
}

/** As the cluster writes it: hex, lower case. */
function serialOf(certificatePem: string): string {
  return new X509Certificate(certificatePem).serialNumber.toLowerCase();
}
