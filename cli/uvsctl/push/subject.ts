import { stat } from 'node:fs/promises';
import type { Package__Output } from '../../../proto/gen/uvs/v1/Package.ts';
import type { Context } from '../context.ts';
import { findPackage } from '../packages/find.ts';
import { uploadPackage } from './upload.ts';

/**
 * Finds what FILE|DIGEST|VERSION means: a file where there is one or where it can only be one ("/" or ".upd"), which is uploaded unless the
 * cluster has it; else a package of the cluster.
 * @param beforeUpload asked once the file is known to be a package; may throw
 */
export async function resolveSubject(context: Context, subject: string, beforeUpload: () => Promise<void>): Promise<Package__Output> {
  if (!(await isFile(subject))) return await findPackage(context, subject);
  return (await uploadPackage(context, subject, beforeUpload)).found;
}

async function isFile(subject: string): Promise<boolean> {
  if (subject.startsWith('packages/')) return false;
  if (subject.includes('/') || subject.endsWith('.upd')) return true;
  const found = await stat(subject).catch(() => undefined);
  return found?.isFile() ?? false;
}
