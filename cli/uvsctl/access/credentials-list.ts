import type { Command } from 'commander';
import type { Credential__Output } from '../../../proto/gen/uvs/v1/Credential.ts';
import { formatTime } from '../../output/quantity.ts';
import type { Column } from '../../output/table.ts';
import { shortName } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { allPages, pageSize } from '../pages.ts';
import { showList } from '../show.ts';

const credentialColumns: readonly Column<Credential__Output>[] = [
  { title: 'Serial', cell: (credential) => shortName(credential.name) },
  { title: 'Identity', cell: (credential) => credential.identity },
  { title: 'Node Name', cell: (credential) => credential.hostname || '-' },
  {
    title: 'State',
    cell: (credential) => (credential.withdrawn ? 'withdrawn' : 'valid'),
    tone: (credential) => (credential.withdrawn ? 'bad' : 'good'),
  },
  { title: 'Issued', cell: (credential) => formatTime(credential.issueTime) },
];

/** `uvsctl credentials list`. */
export function addCredentialsList(group: Command, run: Run): void {
  group.command('list').alias('ls').description('the certificates that were issued').action(run(listCredentials));
}

async function listCredentials(context: Context): Promise<void> {
  const credentials = await allPages(async (pageToken) => {
    const page = await context.api.call('uvs.v1.AccessService', 'ListCredentials', { pageSize, pageToken }, context.callLimits);
    return { items: page.credentials, nextPageToken: page.nextPageToken };
  });
  showList(context, { json: { credentials }, rows: credentials, columns: credentialColumns, none: 'No credentials were issued.' });
}
