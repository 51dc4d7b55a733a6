import type { Command } from 'commander';
import { jsonDocument } from '../../output/json.ts';
import { formatDuration } from '../../output/quantity.ts';
import { safeLine } from '../../../common/safe-text.ts';
import { seconds, shortName, wholeNumber } from '../arguments.ts';
import type { Context, Run } from '../context.ts';

/** `uvsctl join-tokens create`: the token alone goes to standard output, so that it can be piped to where it is needed. */
export function addJoinTokensCreate(group: Command, run: Run): void {
  group
    .command('create')
    .description('make a token with which machines join; it is shown only now')
    .option('--uses <n>', 'how many machines may join with it', wholeNumber(1, 10_000), 1)
    .option('--ttl <duration>', 'how long it lives, e.g. 15m, 24h, 7d', seconds(60, 604_800), 3600)
    .action(run(createJoinToken));
}

async function createJoinToken(context: Context, options: { readonly uses: number; readonly ttl: number }): Promise<void> {
  const request = { uses: options.uses, ttlSeconds: String(options.ttl), requestId: context.newRequestId() };
  // a second one would live on, and nobody would know it
  const callLimits = { ...context.callLimits, isRepeatable: false };
  const response = await context.api.call('uvs.v1.EnrolmentService', 'CreateJoinToken', request, callLimits);
  const { terminal } = context;
  if (context.isJson) {
    terminal.write(jsonDocument(response));
    return;
  }
  terminal.write(`${safeLine(response.token)}\n`);
  const id = safeLine(shortName(response.joinToken?.name ?? ''));
  terminal.note(
    `Token ${id}: ${options.uses === 1 ? 'one use' : `${options.uses} uses`}, ends in ${formatDuration(options.ttl * 1000)}. It is a secret.`,
  );
  terminal.note('On the machine: uvs-agent join --token-file FILE --roles ROLES');
}
