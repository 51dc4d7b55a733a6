import { UvsError } from '../../common/errors.ts';
import type { FileEntry, PutFile } from '../../common/upd/manifest.ts';
import { parseManifest } from '../../common/upd/manifest-parse.ts';
import { checkTarget } from '../../common/upd/requirements.ts';
import { concerned, readInstalled } from '../installed.ts';
import { stateOf, type OperationContext } from '../operation-context.ts';
import { readMarks } from '../order-marks.ts';
import { readIndex, type RetainedEntry } from './index-file.ts';
import type { KeptRecord } from './record.ts';
import { newestRoot } from '../steps/newest-root.ts';
import { isCurrent } from './retain.ts';
import type { Seen } from './survey-back.ts';
import { demandVouched, readKept, readStored, tryOther } from './vouched.ts';
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
  const record = await readKept(state, entry);
  const manifest = parseManifest((await readStored(state, release)).manifestBytes);
  const before = await Promise.all(
    concerned(record.before.releases, record.components).map(async ({ manifestHash }) =>
      parseManifest((await readStored(state, manifestHash)).manifestBytes),
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
  for (const { target } of await demandVouched(state, record, root)) checkTarget(target, { ...facts, installed: installed.components });
}
