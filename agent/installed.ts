import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { UvsError } from '../common/errors.ts';
import type { InstalledRelease } from '../common/facts.ts';
import type { FileEntry, Manifest } from '../common/upd/manifest.ts';
import { parseManifest } from '../common/upd/manifest-parse.ts';
import { hashManifest } from '../common/upd/open.ts';
import { parseRoot, type TrustedRoot } from '../common/upd/root.ts';
import { unlinkIfThere } from './files/disk.ts';
import { isErrno } from './files/errno.ts';
import type { Remembered } from './files/survey.ts';
import { writeFileDurably } from './files/sync.ts';
import { readHistory } from './history.ts';
import type { StateDirectory } from './state-directory.ts';
import { readTextIfThere } from './files/reading.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

export const componentSchema = v.object({
  component: v.string(),
  version: v.string(),
  epoch: count,
  releaseSeq: count,
  manifestHash: sha256,
});
export const releaseSchema = v.object({ manifestHash: sha256, components: v.array(v.string()) });

/** What a node remembers of what is installed; changed only at done, by the journal's record `ended`. */
const installedSchema = v.object({
  components: v.array(componentSchema),
  /** The manifests whose files are there, oldest first; their bytes are in releases/. */
  releases: v.array(releaseSchema),
  /** Versions that releases said they bring: "uvs", "ceph", "kernel". */
  versions: v.record(v.string(), v.string()),
  /** Newest root file seen with an installed release; its bytes are in releases/. */
  root: v.optional(v.object({ version: count, sha256 })),
});

export type Installed = v.InferOutput<typeof installedSchema>;

const nothingInstalled: Installed = { components: [], releases: [], versions: {} };

const FILE_NAME = 'installed.json';
const RESTORE = 'Restore it from a backup: it protects the node from being taken back to an older release.';

/** @throws UvsError JOURNAL_CORRUPT where the file is damaged, or lost */
export async function readInstalled(state: StateDirectory): Promise<Installed> {
  const path = join(state.path, FILE_NAME);
  const text = await readTextIfThere(path);
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
}

/** Removes the manifests and roots that nothing needs any more. @param retained manifests of releases that the node could go back to */
export async function sweepReleases(state: StateDirectory, installed: Installed, retained: readonly string[]): Promise<void> {
  const manifests = [...installed.releases.map(({ manifestHash }) => manifestHash), ...retained];
  const kept = new Set([
    ...manifests,
    ...manifests.map(signaturesName),
    ...(installed.root === undefined ? [] : [`${installed.root.sha256}.root`]),
  ]);
  for (const name of await readdir(state.releasesPath)) {
    if (!kept.has(name)) await unlinkIfThere(join(state.releasesPath, name));
  }
}

/** Stores a manifest, who signed it, and a root before the record that makes them count; without the record they are swept away. */
export async function rememberRelease(
  state: StateDirectory,
  manifestHash: string,
  { manifestBytes, signatures, root }: { readonly manifestBytes: Uint8Array; readonly signatures: Uint8Array; readonly root: TrustedRoot },
): Promise<void> {
  await writeFileDurably(join(state.releasesPath, manifestHash), manifestBytes);
  await writeFileDurably(join(state.releasesPath, signaturesName(manifestHash)), signatures);
  await writeFileDurably(join(state.releasesPath, `${root.sha256}.root`), root.bytes);
}

/**
 * Reads a release that is installed, or that the node could go back to; signatures are undefined where an earlier agent did not keep them.
 * @throws UvsError JOURNAL_CORRUPT where the manifest is gone, or is another than was stored
 */
export async function readRelease(
  state: StateDirectory,
  manifestHash: string,
): Promise<{ readonly manifestBytes: Uint8Array; readonly signatures: Uint8Array | undefined }> {
  const path = join(state.releasesPath, manifestHash);
  const manifestBytes = await readIfThere(path);
  if (manifestBytes === undefined || hashManifest(manifestBytes) !== manifestHash) {
    throw new UvsError('JOURNAL_CORRUPT', `the stored manifest ${path} is ${manifestBytes === undefined ? 'missing' : 'damaged'}`, {
      hint: 'Put it there again from a backup, or from another node that has that release: it is the same file on all.',
    });
  }
  return { manifestBytes, signatures: await readIfThere(join(state.releasesPath, signaturesName(manifestHash))) };
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function signaturesName(manifestHash: string): string {
  return `${manifestHash}.signatures`;
}

/** The releases whose components are among those of another one, oldest first. */
export function concerned(releases: Installed['releases'], components: readonly string[]): Installed['releases'] {
  return releases.filter((release) => release.components.some((component) => components.includes(component)));
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

/** What was installed before a release, as far as the release changed it. */
export interface BeforeRelease {
  readonly manifestHash: string;
  readonly components: readonly string[];
  readonly before: {
    readonly components: Installed['components'];
    readonly releases: Installed['releases'];
    readonly replaced: readonly string[];
    readonly versions: Readonly<Record<string, { readonly brought: string; readonly before: string | null }>>;
  };
}

/** Returns what the node remembers once a release is taken back; of other components it may have newer ones since. */
export function withoutRelease(installed: Installed, { manifestHash, components, before }: BeforeRelease): Installed {
  const others = installed.components.filter(({ component }) => !components.includes(component));
  const isThere = (hash: string): boolean => installed.releases.some((release) => release.manifestHash === hash);
  const older = before.releases.filter((release) => before.replaced.includes(release.manifestHash) || isThere(release.manifestHash));
  const newer = installed.releases.filter(
    (release) => release.manifestHash !== manifestHash && !older.some((other) => other.manifestHash === release.manifestHash),
  );
  const versions = new Map(Object.entries(installed.versions));
  for (const [name, version] of Object.entries(before.versions)) {
    if (versions.get(name) !== version.brought) continue;
    if (version.before === null) versions.delete(name);
    else versions.set(name, version.before);
  }
  return {
    ...installed,
    components: [...others, ...before.components].sort((a, b) => (a.component < b.component ? -1 : 1)),
    releases: [...older, ...newer],
    versions: Object.fromEntries(versions),
  };
}

/** The newest root that the node knows: the one it was given, or a newer one that came with an installed release. */
export async function currentRoot(state: StateDirectory, installed: Installed, given: TrustedRoot): Promise<TrustedRoot> {
  if (installed.root === undefined || installed.root.version <= given.root.version) return given;
  return (await storedRoot(state, installed)) ?? given;
}

/** The newest root that came with an installed release. @throws UvsError ROOT_INVALID */
export async function storedRoot(state: StateDirectory, { root }: Installed): Promise<TrustedRoot | undefined> {
  if (root === undefined) return undefined;
  const stored = parseRoot(await readFile(join(state.releasesPath, `${root.sha256}.root`)));
  if (stored.sha256 !== root.sha256) throw new UvsError('ROOT_INVALID', `the stored root file ${root.sha256} is damaged`);
  return stored;
}

/** Tells what the installed releases put at each path. @throws UvsError JOURNAL_CORRUPT */
export async function rememberedFiles(state: StateDirectory, installed: Installed): Promise<Remembered> {
  const files = new Map<string, FileEntry>();
  for (const { manifestHash } of installed.releases) {
    const manifest = parseManifest((await readRelease(state, manifestHash)).manifestBytes);
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
