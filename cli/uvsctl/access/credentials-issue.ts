import { lstat } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { writeCredential } from '../../../common/credential.ts';
import { UvsError } from '../../../common/errors.ts';
import { safeLine } from '../../../common/safe-text.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

interface IssueOptions {
  readonly role: string;
  readonly out: string;
}

/** `uvsctl credentials issue`: makes a key here, has its certificate signed, and writes both to a new file. */
export function addCredentialsIssue(group: Command, run: Run): void {
  group
    .command('issue')
    .description('make a credential for a person or a tool; the key is made here and never leaves')
    .argument('<user>', 'lower-case letters, digits, ".", "_", "-"')
    .addOption(new Option('--role <role>', 'what it may do').choices(['viewer', 'operator', 'admin']).makeOptionMandatory())
    .requiredOption('--out <file>', 'where to write it (mode 0600); must not exist yet')
    .action(run(issueCredential));
}

async function issueCredential(context: Context, user: string, { role, out }: IssueOptions): Promise<void> {
  // Asked first: a credential that can't be kept is one more that somebody must withdraw.
  await refuseExisting(out);
  // Loaded here alone: what makes certificate requests takes longer to load than most commands to run.
  const { makeCertificateRequest } = await import('./certificate-request.ts');
  const { privateKey, certificateRequest } = await makeCertificateRequest(user);
  const request = { user, role, certificateRequest };
  const callLimits = { ...context.callLimits, isRepeatable: false };
  const response = await context.api.call('uvs.v1.AccessService', 'IssueCredential', request, callLimits);
  const identity = response.credential?.identity ?? `${role}/${user}`;
  await writeCredential(out, {
    cluster: context.credential.cluster,
    identity,
    coordinators: response.coordinators,
    authority: response.authority,
    certificate: response.certificate,
    key: privateKey,
  });
  showDone(context, response.credential ?? {}, `${out} is a credential for ${identity}.`);
  context.terminal.note(`Hand it over on a safe way; it works as: uvsctl --credential ${safeLine(out)} status`);
}

async function refuseExisting(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  throw new UvsError('ALREADY_EXISTS', `${path} exists already`, { hint: 'Nothing was issued. Name another file with --out.' });
}
