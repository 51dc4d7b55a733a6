import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LimitName } from '../../common/limits/keys.ts';
import { isErrno } from '../files/errno.ts';
import { readTextIfThere } from '../files/reading.ts';
import { podLimitIn } from './osd-memory.ts';
import type { CgroupVersion, Said } from './control-group.ts';

/** What a process has of the limits that it was started with, and how many files it has open; undefined: it has ended. proc(5) */
export async function processLimits(
  pid: number,
): Promise<{ readonly said: ReadonlyMap<LimitName, Said>; readonly openFiles: number; readonly podLimit: number | undefined } | undefined> {
  try {
    const score = await readTextIfThere(`/proc/${pid}/oom_score_adj`);
    const files = /^Max open files +(\S+)/m.exec((await readTextIfThere(`/proc/${pid}/limits`)) ?? '')?.[1];
    const openFiles = (await readdir(`/proc/${pid}/fd`)).length;
    if (score === undefined || files === undefined) return undefined;
    return {
      said: new Map<LimitName, Said>([
        ['OOMScoreAdjust', Number(score.trim())],
        ['LimitNOFILE', files === 'unlimited' ? 'none' : Number(files)],
      ]),
      openFiles,
      podLimit: podLimitIn((await readTextIfThere(`/proc/${pid}/environ`)) ?? ''),
    };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

/** Bytes that a control group uses, without cached files that nobody has asked for lately: the kernel drops those before it kills anybody. */
export async function memoryInUse(version: CgroupVersion, place: string): Promise<number | undefined> {
  const used = await readTextIfThere(join(place, version === 1 ? 'memory.usage_in_bytes' : 'memory.current'));
  const stat = await readTextIfThere(join(place, 'memory.stat'));
  if (used === undefined || stat === undefined) return undefined;
  const name = version === 1 ? 'total_inactive_file' : 'inactive_file';
  const inactive = new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? '0';
  return Math.max(0, Number(used.trim()) - Number(inactive));
}
