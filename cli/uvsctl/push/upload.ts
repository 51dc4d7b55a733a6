import { pause } from '../../../common/deadline.ts';
import { toUvsError, UvsError } from '../../../common/errors.ts';
import type { Package__Output } from '../../../proto/gen/uvs/v1/Package.ts';
import { LiveLine } from '../../output/live-line.ts';
import { formatBytes, formatDuration } from '../../output/quantity.ts';
import { safeLine } from '../../../common/safe-text.ts';
import type { Context } from '../context.ts';
import { digestOf, named, openPackageFile, type PackageFile } from './package-file.ts';
import { putPackage } from './put.ts';

export interface Uploaded {
  readonly found: Package__Output;
  /** False where the cluster had it already. */
  readonly isNew: boolean;
}

/** How long an upload may fail to get any further, over all tries. */
const giveUpMs = 2 * 60_000;
const stallMs = 30_000;
/** 2 GB are verified and copied to a majority in this time even on slow disks. */
const finishMs = 15 * 60_000;

/** Failures after which the upload goes on from where it stopped; CONFLICT: the coordinator has another number of bytes than it said. */
const passing: ReadonlySet<string> = new Set([
  'UNREACHABLE',
  'DEADLINE_EXCEEDED',
  'NOT_LEADER',
  'NO_LEADER',
  'NO_MAJORITY',
  'ETCD_UNAVAILABLE',
  'CONFLICT',
]);

/**
 * Brings a package to the cluster, unless it is there; goes on where an earlier upload stopped, through interruptions and changes of the leader.
 * @param beforeUpload asked once the file is known to be a package; may throw
 */
export async function uploadPackage(context: Context, path: string, beforeUpload?: () => Promise<void>): Promise<Uploaded> {
  await using file = await openPackageFile(path, context.signal);
  await beforeUpload?.();
  const digest = await readDigest(context, file);
  const ticket = { digest, sizeBytes: String(file.sizeBytes) };
  const { api, callLimits, now, terminal } = context;
  let bestBytes = -1;
  let advancedMs = now();
  let failure: UvsError | undefined;
  for (let tries = 0; ; tries += 1) {
    // Asked again after the bytes are sent, too: what counts is that the cluster has the package, not that a PUT went well.
    const { uploadUrl, receivedBytes, package: found } = await api.call('uvs.v1.PackageService', 'CreateUpload', ticket, callLimits);
    if (found !== null) return { found, isNew: bestBytes >= 0 };
    const fromBytes = checkedOffset(receivedBytes, file.sizeBytes);
    if (fromBytes > bestBytes) {
      advancedMs = now();
      bestBytes = fromBytes;
      tries = 0;
    } else if (now() - advancedMs > giveUpMs) {
      throw failure ?? new UvsError('INTERNAL', `the coordinator took all bytes of ${path} and still does not know the package`);
    }
    if (tries > 0) await pause(Math.min(5_000, 200 * 2 ** Math.min(tries, 5)), 'going on with the upload', context.signal);
    try {
      await putOnce(context, file, uploadUrl, fromBytes);
      failure = undefined;
    } catch (thrown) {
      if (context.signal.aborted) {
        terminal.note('The upload has stopped. Give the command again: it goes on from there.');
        throw context.signal.reason;
      }
      failure = toUvsError(thrown);
      if (!passing.has(failure.reason)) throw named(path, failure);
      terminal.note(`Upload interrupted (${safeLine(failure.message)}); going on where it stopped …`);
    }
  }
}

async function readDigest({ terminal, now }: Context, file: PackageFile): Promise<string> {
  using line = new LiveLine(terminal, now, `Reading ${safeLine(file.path)}`, file.sizeBytes);
  return await digestOf(file, (bytes) => line.update(bytes));
}

async function putOnce(context: Context, file: PackageFile, uploadUrl: string, fromBytes: number): Promise<void> {
  const { terminal, now, credential, signal } = context;
  const url = URL.parse(uploadUrl);
  if (url?.protocol !== 'https:') throw new UvsError('INTERNAL', 'the coordinator named no https address for the upload');
  const startMs = now();
  {
    using line = new LiveLine(terminal, now, `Uploading to ${url.host}`, file.sizeBytes);
    line.update(fromBytes);
    const onProgress = (bytes: number): void => line.update(bytes);
    await putPackage({ url, credential, file, fromBytes, signal, stallMs, finishMs, onProgress });
  }
  const resumed = fromBytes > 0 ? ` (went on from ${formatBytes(fromBytes)})` : '';
  terminal.note(`Uploaded ${formatBytes(file.sizeBytes - fromBytes)} to ${url.host} in ${formatDuration(now() - startMs)}${resumed}.`);
}

function checkedOffset(receivedBytes: string, sizeBytes: number): number {
  const offset = Number(receivedBytes);
  if (Number.isSafeInteger(offset) && offset >= 0 && offset <= sizeBytes) return offset;
  throw new UvsError('INTERNAL', `the coordinator says it has ${receivedBytes} of ${sizeBytes} bytes`);
}
