import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import { PART_CAPS } from '../../../common/upd/container.ts';
import { parseRootChain } from '../../../common/upd/root.ts';
import { someText } from '../arguments.ts';
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
    .action(run(update));
}

async function update(context: Context, path: string, { reason }: { readonly reason: string }): Promise<void> {
  const rootChain = await readChain(path);
  const request = { rootChain: Buffer.from(rootChain), reason, requestId: context.newRequestId() };
  const { packageRoot } = await context.api.call('uvs.v1.PackageService', 'RaisePackageRoot', request, context.limits);
  if (packageRoot === null) throw new UvsError('INTERNAL', 'the coordinator told no root file');
  const { version, nodesBehind } = packageRoot;
  const waiting =
    nodesBehind.length === 0
      ? ''
      : ` ${nodesBehind.length} nodes are being told; "uvsctl package-root show" names those that have not taken it.`;
  showDone(context, shownRoot(packageRoot), `Root file version ${version} counts from now on.${waiting}`);
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
