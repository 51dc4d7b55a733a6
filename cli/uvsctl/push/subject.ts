import { stat } from 'node:fs/promises';
import type { Context } from '../context.ts';
import { findPackage } from '../packages/find.ts';
import { uploadPackage, type Uploaded } from './upload.ts';

/**
 * Finds what FILE|DIGEST|VERSION means: a file where there is one or where it can only be one ("/" or ".upd"), which is uploaded unless the
 * cluster has it; else a package of the cluster.
 * @param beforeUpload asked once the file is known to be a package; may throw
 */
export async function resolveSubject(context: Context, subject: string, beforeUpload: () => Promise<void>): Promise<Uploaded> {
  if (!(await isPackageFile(subject))) return { found: await findPackage(context, subject), isNew: false };
  return await uploadPackage(context, subject, beforeUpload);
}

/** Whether a subject means a file, be it there or not. */
export async function isPackageFile(subject: string): Promise<boolean> {
  if (subject.startsWith('packages/')) return false;
  if (subject.includes('/') || subject.endsWith('.upd')) return true;
  const found = await stat(subject).catch(() => undefined);
  return found?.isFile() ?? false;
}
