import { readFile } from 'node:fs/promises';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { UvsError } from '../../common/errors.ts';
import { waitForLockBeside } from '../../common/flock.ts';
import { parseRoot, type TrustedRoot } from '../../common/upd/root.ts';
import { ownRoot } from './console-root.ts';

export interface TrustOptions {
  readonly statePath: string;
  /** Where the node keeps its root file; one that never joined has none yet, and remembers that of its releases. */
  readonly rootFile: string;
  /** The file that takes its place. */
  readonly file: string;
  /** What the operator has been told of it on another way. */
  readonly sha256: string;
}

/**
 * `uvs-agent trust`: begins anew with another root file, which no chain leads to, because its root keys are lost. Its version is above all that the node has
 * known, so that nothing that was signed before counts again. @throws UvsError ROOT_INVALID, NOT_FOUND
 */
export async function trust({
  statePath,
  rootFile,
  file,
  sha256,
}: TrustOptions): Promise<{ readonly before: number; readonly after: TrustedRoot }> {
  const after = parseRoot(await readGiven(file));
  if (after.sha256 !== sha256.toLowerCase()) {
    throw new UvsError('ROOT_INVALID', `${file} has sha256 ${after.sha256}, not ${sha256}`, {
      hint: 'Nothing was changed. Get the file and its sha256 on two different ways from whoever made it.',
    });
  }
  await ownRoot({ statePath, rootFile });
  // against the daemon, which may be following a chain
  await using _lock = await waitForLockBeside(rootFile);
  const before = await ownRoot({ statePath, rootFile });
  if (after.root.version <= before.root.version) {
    throw new UvsError('ROOT_INVALID', `${file} has version ${after.root.version}, and this node knows version ${before.root.version}`, {
      hint: `Nothing was changed. Make it with a version above: upd root init --begin-at ${before.root.version + 1} …`,
    });
  }
  await writeFileAtomically(rootFile, after.bytes, 0o600);
  return { before: before.root.version, after };
}

async function readGiven(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new UvsError('NOT_FOUND', `the root file ${path} cannot be read`, { cause, hint: 'Check the path.' });
  }
}
