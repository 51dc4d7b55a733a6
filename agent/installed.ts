import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { UvsError } from '../common/errors.ts';
import type { InstalledRelease } from '../common/facts.ts';
import type { FileEntry, Manifest } from '../common/upd/manifest.ts';
import { parseManifest } from '../common/upd/manifest-parse.ts';
import { parseRoot, type TrustedRoot } from '../common/upd/root.ts';
import { isErrno } from './files/errno.ts';
import type { Remembered } from './files/survey.ts';
import { writeFileDurably } from './files/sync.ts';
import { readHistory } from './history.ts';
import type { StateDirectory } from './state-directory.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** What a node remembers of what is installed; raised only at done, by the journal's record `ended`. */
const installedSchema = v.strictObject({
  components: v.array(
    v.strictObject({ component: v.string(), version: v.string(), epoch: count, releaseSeq: count, manifestHash: sha256 }),
  ),
  /** The manifests whose files are there, oldest first; their bytes are in releases/. */
  releases: v.array(v.strictObject({ manifestHash: sha256, components: v.array(v.string()) })),
  /** Versions that releases said they bring: "uvs", "ceph", "kernel". */
  versions: v.record(v.string(), v.string()),
  /** Newest root file seen with an installed release; its bytes are in releases/. */
  root: v.optional(v.strictObject({ version: count, sha256 })),
});

export type Installed = v.InferOutput<typeof installedSchema>;

const nothingInstalled: Installed = { components: [], releases: [], versions: {} };

const FILE_NAME = 'installed.json';
const RESTORE = 'Restore it from a backup: it protects the node from being taken back to an older release.';

/** @throws UvsError JOURNAL_CORRUPT where the file is damaged, or lost */
export async function readInstalled(state: StateDirectory): Promise<Installed> {
  const path = join(state.path, FILE_NAME);
  const text = await readIfThere(path);
  if (text !== undefined) return parseInstalled(parseJson(text), path);
  if (!(await hasEverInstalled(state))) return nothingInstalled;
  throw new UvsError('JOURNAL_CORRUPT', `${path} is missing, and releases have been installed here`, {
    hint: `${RESTORE} If it is lost for good, write ${JSON.stringify(nothingInstalled)} there: any release is then taken.`,
  });
}

/**
 * Reads it before the manifest of a release is stored, which is earlier than the release counts: where nothing was ever installed the file is
 * made, so that one that is missing stays one that was lost. @throws UvsError JOURNAL_CORRUPT
 */
export async function prepareInstalled(state: StateDirectory): Promise<Installed> {
  const installed = await readInstalled(state);
  if (installed === nothingInstalled) await writeInstalled(state, installed);
  return installed;
}

/** Tells by what else a release leaves behind. */
async function hasEverInstalled(state: StateDirectory): Promise<boolean> {
  const releases = await readdir(state.releasesPath).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  });
  return releases.some((name) => !name.startsWith('.')) || (await readHistory(state)).some(({ outcome }) => outcome === 'installed');
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

export function parseInstalled(value: unknown, where: string): Installed {
  const parsed = v.safeParse(installedSchema, value);
  if (parsed.success) return parsed.output;
  throw new UvsError('JOURNAL_CORRUPT', `${where} is damaged: ${parsed.issues[0].message}`, {
    hint: RESTORE,
  });
}

/** Tells whether all that is in `recorded` is there or has been followed by something newer; the order of a component only ever rises. */
export function includesInstalled(now: Installed, recorded: Installed): boolean {
  return recorded.components.every(({ component, epoch, releaseSeq }) => {
    const there = now.components.find((release) => release.component === component);
    return there !== undefined && (there.epoch - epoch || there.releaseSeq - releaseSeq) >= 0;
  });
}

/** Writes what the journal has recorded; may be run again. */
export async function writeInstalled(state: StateDirectory, installed: Installed): Promise<void> {
  await writeFileDurably(join(state.path, FILE_NAME), JSON.stringify(installed, undefined, 2));
  const kept = new Set([
    ...installed.releases.map(({ manifestHash }) => manifestHash),
    ...(installed.root === undefined ? [] : [`${installed.root.sha256}.root`]),
  ]);
  for (const name of await readdir(state.releasesPath)) {
    if (!kept.has(name)) await rm(join(state.releasesPath, name), { force: true });
  }
}

/** Stores a manifest and a root before the record that makes them count; without the record they are swept away. */
export async function rememberRelease(
  state: StateDirectory,
  manifestHash: string,
  manifestBytes: Uint8Array,
  root: TrustedRoot,
): Promise<void> {
  await writeFileDurably(join(state.releasesPath, manifestHash), manifestBytes);
  await writeFileDurably(join(state.releasesPath, `${root.sha256}.root`), root.bytes);
}

/** Returns what the node remembers once a release is done. */
export function withRelease(installed: Installed, manifest: Manifest, manifestHash: string, root: TrustedRoot): Installed {
  const brought = Object.entries(manifest.components).map(([component, order]): InstalledRelease => ({
    component,
    version: manifest.version,
    epoch: order.epoch,
    releaseSeq: order.releaseSeq,
    manifestHash,
  }));
  const others = installed.components.filter(({ component }) => !(component in manifest.components));
  const components = [...others, ...brought].sort((a, b) => (a.component < b.component ? -1 : 1));
  // a full release takes the place of all that its components had; a partial one lies on top of its base
  const isReplaced = (release: Installed['releases'][number]): boolean =>
    release.manifestHash === manifestHash ||
    (manifest.kind === 'full' && release.components.every((component) => component in manifest.components));
  const releases = [
    ...installed.releases.filter((release) => !isReplaced(release)),
    { manifestHash, components: Object.keys(manifest.components) },
  ];
  const newest =
    installed.root !== undefined && installed.root.version > root.root.version
      ? installed.root
      : { version: root.root.version, sha256: root.sha256 };
  return { components, releases, versions: { ...installed.versions, ...manifest.brings }, root: newest };
}

/** The newest root that the node knows: the one it was given, or a newer one that came with an installed release. */
export async function currentRoot(state: StateDirectory, installed: Installed, given: TrustedRoot | undefined): Promise<TrustedRoot> {
  if (given === undefined) throw new UvsError('INTERNAL', 'a package is judged where only recovery was asked for');
  if (installed.root === undefined || installed.root.version <= given.root.version) return given;
  const bytes = await readFile(join(state.releasesPath, `${installed.root.sha256}.root`));
  const stored = parseRoot(bytes);
  if (stored.sha256 !== installed.root.sha256)
    throw new UvsError('ROOT_INVALID', `the stored root file ${installed.root.sha256} is damaged`);
  return stored;
}

/** Tells what the installed releases put at each path. */
export async function rememberedFiles(state: StateDirectory, installed: Installed): Promise<Remembered> {
  const files = new Map<string, FileEntry>();
  for (const { manifestHash } of installed.releases) {
    const manifest = parseManifest(await readFile(join(state.releasesPath, manifestHash)));
    for (const entry of manifest.files) files.set(entry.path, entry);
  }
  return (path) => files.get(path);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
