import { toUvsError, UvsError } from '../../common/errors.ts';
import type { FileEntry, Manifest, PutFile } from '../../common/upd/manifest.ts';
import { parseManifest } from '../../common/upd/manifest-parse.ts';
import { verifyManifestSignatures } from '../../common/upd/open.ts';
import { checkTarget } from '../../common/upd/requirements.ts';
import { concerned, readInstalled, readRelease } from '../installed.ts';
import { stateOf, type OperationContext } from '../operation-context.ts';
import { readMarks } from '../order-marks.ts';
import { readIndex, type RetainedEntry } from './index-file.ts';
import { readRecord, type KeptRecord } from './record.ts';
import { newestRoot } from '../steps/newest-root.ts';
import { isCurrent } from './retain.ts';
import type { Seen } from './survey-back.ts';
import { whyNotBack } from './way-back.ts';

/** All that an operation knows of the release that it takes back, and of what was there before. */
export interface Back {
  readonly entry: RetainedEntry;
  readonly record: KeptRecord;
  /** Of the release's manifest. */
  readonly files: readonly FileEntry[];
  /** Stopped meanwhile: the release's, then those of the releases before it. */
  readonly services: readonly string[];
  /** What the releases before said of a path. */
  readonly signed: (path: string) => FileEntry | undefined;
  readonly seen: Seen;
}

const tryOther = { hint: 'Bring it forward instead: push a release that is newer than what is installed.' };

/** What the operation goes back to. @throws UvsError NO_WAY_BACK */
export async function backOf(context: OperationContext): Promise<Back> {
  const { action } = stateOf(context);
  if (action?.kind !== 'rollback') throw new UvsError('INTERNAL', `operation ${context.operation} takes no release back`);
  return (context.back ??= await findBack(context, action.release));
}

/** Finds what is retained of a release. @param release hash of its manifest. @throws UvsError NO_WAY_BACK */
async function findBack(context: OperationContext, release: string): Promise<Back> {
  const { state } = context;
  const { retained, why } = await readIndex(state);
  const entry = retained.find(({ manifestHash }) => manifestHash === release);
  if (entry === undefined || !isCurrent(entry, await readInstalled(state))) {
    throw new UvsError('NO_WAY_BACK', `nothing is retained to go back from that release${why === undefined ? '' : `: ${why}`}`, tryOther);
  }
  const found = await readRecord(state, entry.operation);
  if (found?.record.kind !== 'kept' || found.hash !== entry.recordHash) {
    throw new UvsError('NO_WAY_BACK', `the record of what was before ${entry.version} is damaged`, tryOther);
  }
  const { record } = found;
  const manifest = parseManifest((await readStored(context, release)).manifestBytes);
  const before = await Promise.all(
    concerned(record.before.releases, record.components).map(async ({ manifestHash }) =>
      parseManifest((await readStored(context, manifestHash)).manifestBytes),
    ),
  );
  const signed = new Map(before.flatMap(({ files }) => files.map((file) => [file.path, file] as const)));
  return {
    entry,
    record,
    files: manifest.files,
    services: [...new Set([manifest, ...before].flatMap(({ services }) => services))],
    signed: (path) => signed.get(path),
    seen: new Map(),
  };
}

/** What the release before said of edits to a config file. */
export function policyOf({ signed }: Back, path: string): PutFile['config'] | undefined {
  const entry = signed(path);
  return entry?.op === 'put' && entry.type === 'file' ? entry.config : undefined;
}

/**
 * Judges whether the node may go back, by what is so now: no barrier stands between, and what was signed before is still vouched for by the newest
 * root that the node knows. @throws UvsError NO_WAY_BACK, JOURNAL_CORRUPT, KEY_UNKNOWN, SIGNATURE_MISSING, SIGNATURE_INVALID, TARGET_MISMATCH
 */
export async function judgeBack(context: OperationContext, { entry, record }: Back): Promise<void> {
  const { state, ports, setup } = context;
  const refusal = await whyNotBack(entry, { root: setup.root, ...ports });
  if (refusal !== undefined) throw new UvsError('NO_WAY_BACK', `${entry.version} can't be taken back: ${refusal}`, tryOther);
  const installed = await readInstalled(state);
  // it is written once the release is taken back, when it would be too late to find it damaged
  await readMarks(state);
  if (!isCurrent(entry, installed)) throw new UvsError('NO_WAY_BACK', `${entry.version} is not installed any more`);
  const root = await newestRoot(context, installed);
  const facts = await ports.facts();
  for (const { manifestHash } of concerned(record.before.releases, record.components)) {
    const manifest = await demandVouched(context, manifestHash, root);
    checkTarget(manifest.target, { ...facts, installed: installed.components });
  }
}

async function demandVouched(
  context: OperationContext,
  manifestHash: string,
  root: Parameters<typeof verifyManifestSignatures>[2],
): Promise<Manifest> {
  const { manifestBytes, signatures } = await readStored(context, manifestHash);
  const manifest = parseManifest(manifestBytes);
  if (signatures === undefined) {
    throw new UvsError('NO_WAY_BACK', `the signatures of ${manifest.version} were not kept: an earlier agent installed it`, tryOther);
  }
  try {
    verifyManifestSignatures(manifestBytes, signatures, root, manifest.product);
  } catch (error) {
    const { reason, message } = toUvsError(error);
    throw new UvsError(reason, `nobody vouches any more for ${manifest.version}, to which it would go back: ${message}`, {
      cause: error,
      ...tryOther,
    });
  }
  return manifest;
}

/** What went, and what comes again, is known by manifests: none is used that is not the one that was stored. @throws UvsError NO_WAY_BACK */
async function readStored({ state }: OperationContext, manifestHash: string): ReturnType<typeof readRelease> {
  try {
    return await readRelease(state, manifestHash);
  } catch (error) {
    const { reason, message, hint = '' } = toUvsError(error);
    if (reason !== 'JOURNAL_CORRUPT') throw error;
    throw new UvsError('NO_WAY_BACK', message, { cause: error, hint: `${hint} Or push a release that is newer than what is installed.` });
  }
}
