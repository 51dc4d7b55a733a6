import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import { PART_CAPS } from '../../../common/upd/container.ts';
import { parseRootChain } from '../../../common/upd/root.ts';
import type { RootLosses__Output } from '../../../proto/gen/uvs/v1/RootLosses.ts';
import type { StoppedRollout__Output } from '../../../proto/gen/uvs/v1/StoppedRollout.ts';
import { formatCount } from '../../output/quantity.ts';
import { someText } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import type { Context, Run } from '../context.ts';
import { showDone } from '../show.ts';
import { shownRoot } from './show.ts';

/** `uvsctl package-root update`: has another root file count, on every coordinator and node, from now on. */
export function addPackageRootUpdate(group: Command, run: Run): void {
  group
    .command('update')
    .description('have a newer root file count everywhere: keys that it lacks open no package any more, also where one is staged already')
    .argument('<chain>', 'the chain that "upd root sign" has completed')
    .requiredOption('--reason <text>', 'why, for the audit log', someText)
    .option('--yes', 'do not ask, also where it stops rollouts')
    .action(run(update));
}

async function update(context: Context, path: string, options: { readonly reason: string; readonly yes?: true }): Promise<void> {
  const rootChain = Buffer.from(await readChain(path));
  await askAboutRollouts(context, rootChain, options.yes === true);
  // it only chooses a word of the answer: a key that was stolen is revoked also where this can't be told
  const before = await context.api.call('uvs.v1.PackageService', 'GetPackageRoot', {}, context.callLimits).catch(() => undefined);
  const request = { rootChain, reason: options.reason, requestId: context.newRequestId() };
  const { packageRoot, stoppedRollouts, losses } = await context.api.call(
    'uvs.v1.PackageService',
    'RaisePackageRoot',
    request,
    context.callLimits,
  );
  if (packageRoot === null) throw new UvsError('INTERNAL', 'the coordinator told no root file');
  const { version, nodesBehind } = packageRoot;
  const since = before?.packageRoot?.version === version ? 'counts already' : 'counts from now on';
  const waiting =
    nodesBehind.length === 0
      ? ''
      : ` ${formatCount(nodesBehind.length, 'node')} ${nodesBehind.length === 1 ? 'is' : 'are'} being told; "uvsctl package-root show" names those that have not taken it.`;
  const stopped =
    stoppedRollouts.length === 0
      ? ''
      : ` It takes no more what these bring: ${named(stoppedRollouts)}; nodes that have begun come to their end: abort those with nodes left.`;
  const lost = losses === null || describeLosses(losses) === '' ? '' : ` ${describeLosses(losses)}`;
  showDone(
    context,
    { ...shownRoot(packageRoot), stoppedRollouts, losses },
    `Root file version ${version} ${since}.${waiting}${stopped}${lost}`,
  );
}

const cannotTell: ReadonlySet<string> = new Set(['INTERNAL', 'PERMISSION_DENIED']);

/** Asks only where rollouts could not go on: a key that was stolen is revoked without a question else. */
async function askAboutRollouts(context: Context, rootChain: Buffer, isYes: boolean): Promise<void> {
  if (isYes) return;
  const { api, callLimits, terminal } = context;
  const found = await api.call('uvs.v1.PackageService', 'CheckPackageRoot', { rootChain }, callLimits).catch((error: unknown) => {
    // one of before this question; whether the root file is taken is not for it to say
    if (!(error instanceof UvsError) || !cannotTell.has(error.reason)) throw error;
    terminal.note('The coordinator does not tell which rollouts this stops.');
    return undefined;
  });
  if (found === undefined) return;
  if (found.losses === null) terminal.note('The coordinator does not tell which packages and ways back this costs.');
  else if (describeLosses(found.losses) !== '') terminal.note(`With root file version ${found.version}: ${describeLosses(found.losses)}`);
  if (found.stoppedRollouts.length === 0) return;
  terminal.note(`Root file version ${found.version} does not take what these rollouts bring: ${named(found.stoppedRollouts)}.`);
  await confirm(
    context,
    isYes,
    'No node begins with it any more: the next one fails, and its rollout pauses, or does as its --on-failure says. What has begun goes on to its end. Have it count?',
  );
}

/** "3 packages count no more (…). 2 nodes lose their way back (…)."; '': nothing is lost. */
function describeLosses({ packages, nodesLosingWayBack, nodesUnknown }: RootLosses__Output): string {
  const isOne = (count: number): boolean => count === 1;
  return [
    packages === 0
      ? ''
      : `${formatCount(packages, 'package')} here ${isOne(packages) ? 'counts' : 'count'} no more, for nobody vouches for ${isOne(packages) ? 'it' : 'them'} ("uvsctl packages list").`,
    nodesLosingWayBack === 0
      ? ''
      : `${formatCount(nodesLosingWayBack, 'node')} ${isOne(nodesLosingWayBack) ? 'loses its' : 'lose their'} way back: nobody vouches for the release before.`,
    nodesUnknown === 0
      ? ''
      : `Of ${formatCount(nodesUnknown, 'node')} it is not known whether ${isOne(nodesUnknown) ? 'it loses its' : 'they lose their'} way back: no one package of the release before is here to judge by.`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function named(rollouts: readonly StoppedRollout__Output[]): string {
  return rollouts
    .map(({ rollout, product, version, reason }) => `${rollout.replace('rollouts/', '')} (${product} ${version}, ${reason})`)
    .join(', ');
}

/** What is no chain is told here, by the name of its file. @throws UvsError NOT_FOUND, ROOT_INVALID */
async function readChain(path: string): Promise<Uint8Array> {
  let bytes: Buffer;
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > PART_CAPS.rootChain) throw new UvsError('ROOT_INVALID', `${path} has ${size} bytes; it can't be a chain of root files`);
    bytes = await file.readFile();
  } catch (cause) {
    if (cause instanceof UvsError) throw cause;
    throw new UvsError('NOT_FOUND', `${path} can't be read`, { cause, hint: 'Check the path and its permissions.' });
  }
  try {
    if (parseRootChain(bytes).length > 0) return bytes;
  } catch (cause) {
    throw new UvsError('ROOT_INVALID', `${path} is no chain of root files`, {
      cause,
      hint: 'Name the file that "upd root next" has written and "upd root sign" has completed.',
    });
  }
  throw new UvsError('ROOT_INVALID', `${path} is an empty chain`);
}
