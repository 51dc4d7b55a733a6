import { join } from 'node:path';
import { syncDirectory } from '../../common/atomic-file.ts';
import { unlinkIfThere } from '../files/disk.ts';
import { readTextIfThere } from '../files/reading.ts';
import { remember, type StoredBefore } from './before.ts';

/** Written by the package when it is purged (packaging/scripts/uvs-agent/after-remove), with the boot that it was in. */
const MARK = 'settings-purged';

/**
 * Takes in that a purge has removed the agent's files since it last ran: what it had set is nobody's change then, and what was there before it may have
 * become something else since. The kernel keeps its values until the next boot, and the time zone stays.
 */
export async function forgetPurged(statePath: string, bootId: string, before: StoredBefore): Promise<void> {
  const mark = join(statePath, MARK);
  const boot = (await readTextIfThere(mark))?.trim();
  if (boot === undefined) return;
  const remembered = (await before.read()) ?? {};
  const parameters = Object.entries(remembered.sysctl ?? {});
  const { timeZone } = remembered;
  const sysctl = boot === bootId ? Object.fromEntries(parameters.map(([key, held]) => [key, { ...held, ...unset(held) }])) : undefined;
  const zone = timeZone === undefined ? undefined : { ...timeZone, ...unset(timeZone) };
  await remember(before, { ntp: undefined, sysctl, timeZone: zone });
  await unlinkIfThere(mark);
  await syncDirectory(statePath);
}

/** Nothing is set any more, and what was may still be there: after a second purge what the first has found. */
function unset({ set, replaced }: { readonly set: string; readonly replaced?: string | undefined }) {
  return { set: '', replaced: set === '' ? replaced : set };
}
