import type { Command } from 'commander';
import { resourceName, shortName } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';

/** `uvsctl join-tokens revoke`. */
export function addJoinTokensRevoke(group: Command, run: Run): void {
  group.command('revoke').description('end a token at once').argument('<token>', 'its id, not its text').action(run(revokeJoinToken));
}

async function revokeJoinToken(context: Context, id: string): Promise<void> {
  await context.api.call('uvs.v1.EnrolmentService', 'RevokeJoinToken', { name: resourceName('joinTokens', id) }, context.callLimits);
  showDone(context, {}, `The join token ${shortName(id)} is revoked.`);
}
