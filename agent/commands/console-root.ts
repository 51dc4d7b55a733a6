import { readFile } from 'node:fs/promises';
import { UvsError } from '../../common/errors.ts';
import { parseRoot, verifyRootChain, type TrustedRoot } from '../../common/upd/root.ts';
import { currentRoot, readInstalled, storedRoot } from '../installed.ts';
import { stateDirectoryAt } from '../state-directory.ts';

/** Where a node keeps what it trusts. */
export interface RootPlaces {
  readonly statePath: string;
  /** The root file of its own, which it got when it joined, or with `trust`. */
  readonly rootFile: string;
}

/** A root file that an operator names with a command. */
export interface GivenRoot {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Reads a root file that the machine trusts as it stands. @throws UvsError ROOT_INVALID, NOT_FOUND */
export async function readTrustedRoot(path: string): Promise<TrustedRoot> {
  return parseRoot((await readGiven(path)).bytes);
}

/** @throws UvsError NOT_FOUND */
export async function readGiven(path: string): Promise<GivenRoot> {
  try {
    return { path, bytes: await readFile(path) };
  } catch (cause) {
    throw new UvsError('NOT_FOUND', `the package root file ${path} cannot be read`, {
      cause,
      hint: 'A node gets it when it joins a cluster; without one, name the file with --root-file.',
    });
  }
}

/** The newest root file that the node knows by itself. @throws UvsError NOT_FOUND where it knows none, ROOT_INVALID, JOURNAL_CORRUPT */
export async function ownRoot(places: RootPlaces): Promise<TrustedRoot> {
  const state = stateDirectoryAt(places.statePath);
  return await currentRoot(state, await readInstalled(state), await startingRoot(places));
}

/** The root file of the node's own, or of its releases, which is all that a node has that never joined; the latter may be newer. @throws as above */
async function startingRoot({ statePath, rootFile }: RootPlaces): Promise<TrustedRoot> {
  try {
    return await readTrustedRoot(rootFile);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const state = stateDirectoryAt(statePath);
    const stored = await storedRoot(state, await readInstalled(state));
    if (stored === undefined) throw error;
    return stored;
  }
}

/**
 * The root file that counts for a command at the console. One that is named counts by the operator's hand alone where the node knows none; else it is the
 * known one, or a chain file that leads on from it: an older one would have keys count again that were revoked, a foreign one would take the node over.
 * @throws UvsError ROOT_INVALID, SIGNATURE_INVALID, NOT_FOUND
 */
export async function consoleRoot(places: RootPlaces, given: GivenRoot | undefined): Promise<TrustedRoot> {
  // whoever judges with it looks for a newer one of a release
  if (given === undefined) return await startingRoot(places);
  const own = await knownRoot(places);
  if (own === undefined) return parseRoot(given.bytes);
  return isChain(given) ? verifyRootChain(own, given.bytes) : sameRoot(own, given);
}

/**
 * The same once a command has begun, which may be after its release has brought a newer root file: one that was named, and was the node's own then, need
 * not be that any more. @throws as above
 */
export async function rootByNow(places: RootPlaces, given: GivenRoot | undefined): Promise<TrustedRoot> {
  if (given === undefined || isChain(given)) return await consoleRoot(places, given);
  return (await knownRoot(places)) ?? parseRoot(given.bytes);
}

/** Undefined where the node knows none. @throws UvsError ROOT_INVALID */
export async function knownRoot(places: RootPlaces): Promise<TrustedRoot | undefined> {
  return await ownRoot(places).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}

function sameRoot(own: TrustedRoot, { path, bytes }: GivenRoot): TrustedRoot {
  const { root, sha256 } = parseRoot(bytes);
  if (sha256 === own.sha256) return own;
  throw new UvsError(
    'ROOT_INVALID',
    `${path} (version ${root.version}, sha256 ${sha256}) is not the root file that this node trusts (version ${own.root.version}, sha256 ${own.sha256})`,
    {
      hint: `Nothing was changed. Leave --root-file out, and the node's own counts; or name the chain file that "upd root next" made and that leads on from it. To begin anew where the root keys are lost: uvs-agent trust FILE --sha256 SHA256.`,
    },
  );
}

/** A chain file is an array, a root file an object. */
function isChain({ bytes }: GivenRoot): boolean {
  return Buffer.from(bytes).toString('latin1').trimStart().startsWith('[');
}

function isNotFound(error: unknown): boolean {
  return error instanceof UvsError && error.reason === 'NOT_FOUND';
}
