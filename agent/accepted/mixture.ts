import { join } from 'node:path';
import * as v from 'valibot';
import { UvsError } from '../../common/errors.ts';
import { readTextIfThere } from '../files/reading.ts';
import { writeFileDurably } from '../files/sync.ts';
import { concerned, type Installed } from '../installed.ts';
import type { StateDirectory } from '../state-directory.ts';

const mixtureSchema = v.object({
  /** That an operator accepted. */
  operation: v.string(),
  /** What its release is of; empty where nobody knows: anything. */
  components: v.array(v.string()),
  /** Manifests of what was installed of that: as long as one of them counts as installed, some of its files are others. */
  releases: v.array(v.string()),
  /** Manifest of what the operation was to bring, which brings all of that right; empty where there is none. */
  manifestHash: v.string(),
  /** Manifests of which files may be there besides those of what is installed; kept until it is over, absent in a record of an earlier agent. */
  put: v.optional(v.array(v.string()), []),
  /** For people. */
  sentence: v.string(),
});
const fileSchema = v.array(mixtureSchema);

/** What a node's files are where an operator accepted them although they are of no one release: what is installed is not the whole truth then. */
export type Mixture = v.InferOutput<typeof mixtureSchema>;

const FILE_NAME = 'mixtures.json';
/** Each is of other components than the others. */
const MOST = 16;

/** @throws UvsError JOURNAL_CORRUPT */
export function parseMixture(value: unknown): Mixture {
  const parsed = v.safeParse(mixtureSchema, value);
  if (parsed.success) return parsed.output;
  throw new UvsError('JOURNAL_CORRUPT', `the record of an accepted mixture is damaged: ${parsed.issues[0].message}`);
}

/** Writes down what the journal has recorded; may be run again. */
export async function noteMixture(state: Pick<StateDirectory, 'path'>, mixture: Mixture): Promise<void> {
  const all = (await readAll(state)) ?? [];
  const others = all.filter((other) => !isCoveredBy(other, mixture));
  // what one that it takes the place of has put is there as well
  const put = [...new Set([...all.filter((other) => !others.includes(other)), mixture].flatMap((one) => one.put))].slice(-MOST);
  await writeFileDurably(join(state.path, FILE_NAME), JSON.stringify([...others, { ...mixture, put }].slice(-MOST), undefined, 2));
}

/**
 * Says that what is installed is not what is there, as a sentence; '': nothing is known that speaks against it.
 */
export async function standingMixture(state: Pick<StateDirectory, 'path'>, installed: Pick<Installed, 'releases'>): Promise<string> {
  const all = await readAll(state);
  if (all === undefined) return `${FILE_NAME}, which says what mixtures of files operators accepted here, is damaged`;
  return all
    .filter((mixture) => !isOver(mixture, installed))
    .map(({ sentence }) => sentence)
    .join('; ');
}

/** Names the manifests that count as installed and of which some files are others; of all nothing is sure where the record of mixtures is damaged. */
export async function mixedReleases(
  state: Pick<StateDirectory, 'path'>,
  installed: Pick<Installed, 'releases'>,
): Promise<readonly string[]> {
  const now = installed.releases.map(({ manifestHash }) => manifestHash);
  const all = await readAll(state);
  if (all === undefined) return now;
  const mixed = new Set(all.filter((mixture) => !isOver(mixture, installed)).flatMap(({ releases }) => releases));
  return now.filter((hash) => mixed.has(hash));
}

/** Tells whether files that a release of these components may have put, or may replace, are of no one release. */
export async function isMixed(
  state: Pick<StateDirectory, 'path'>,
  installed: Pick<Installed, 'releases'>,
  names: readonly string[],
): Promise<boolean> {
  const all = await readAll(state);
  if (all === undefined) return true;
  const isOfThese = ({ components }: Mixture): boolean => components.length === 0 || components.some((name) => names.includes(name));
  return all.some((mixture) => isOfThese(mixture) && !isOver(mixture, installed));
}

/**
 * Names the manifests of which files may be there although they do not count as installed.
 * @param names components whose mixtures are asked for; undefined: all
 */
export async function putByMixtures(
  state: Pick<StateDirectory, 'path'>,
  installed: Pick<Installed, 'releases'>,
  names?: readonly string[],
): Promise<readonly string[]> {
  const isOfThese = ({ components }: Mixture): boolean => names === undefined || components.some((name) => names.includes(name));
  const standing = ((await readAll(state)) ?? []).filter((mixture) => isOfThese(mixture) && !isOver(mixture, installed));
  return standing.flatMap(({ put }) => put);
}

/** Whether a release has come since that has put every file right: the very one that was to come, or one that took the place of all before. */
function isOver({ components, releases, manifestHash }: Mixture, installed: Pick<Installed, 'releases'>): boolean {
  const now = (components.length === 0 ? installed.releases : concerned(installed.releases, components)).map(
    (release) => release.manifestHash,
  );
  return now.includes(manifestHash) || (now.length > 0 && !now.some((hash) => releases.includes(hash)));
}

function isCoveredBy(other: Mixture, mixture: Mixture): boolean {
  if (other.operation === mixture.operation) return true;
  // of what it is is not known: what others have put is still known of those
  if (mixture.components.length === 0) return other.put.length === 0;
  return other.components.length > 0 && other.components.every((component) => mixture.components.includes(component));
}

/** Undefined where the file is damaged, which is told and must keep no agent from anything. */
async function readAll(state: Pick<StateDirectory, 'path'>): Promise<readonly Mixture[] | undefined> {
  const text = await readTextIfThere(join(state.path, FILE_NAME));
  if (text === undefined) return [];
  try {
    const parsed = v.safeParse(fileSchema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
