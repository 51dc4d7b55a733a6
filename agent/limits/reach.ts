import { join } from 'node:path';
import { limitNames, type LimitName } from '../../common/limits/keys.ts';
import { isErrno } from '../files/errno.ts';
import { readTextIfThere } from '../files/reading.ts';
import { filesOf, type CgroupVersion } from './control-group.ts';

/** Docker's daemon starts what its client asks for, in a control group of its own; Podman stays in the service's with `--cgroups=split`, as cephadm has it. */
const CLIENT = 'docker';

/** A process of a service that is not where its limits are. */
export interface Stray {
  /** "its main process 4711 (conmon) is in the control group /machine.slice/…". */
  readonly sentence: string;
  /** Limits that say nothing of the service's daemon. */
  readonly unreached: readonly LimitName[];
}

export interface UnitProcess {
  readonly pid: number;
  /** As in /proc/PID/comm. */
  readonly name: string;
}

/**
 * Says which process of a service its limits do not reach; undefined: nothing is known of one.
 * @param main undefined: it has none, or it has ended; `group` is its own
 * @param members processes of the unit's control group
 */
export function strayOf(
  unitGroup: string,
  main: (UnitProcess & { readonly group: string }) | undefined,
  members: readonly UnitProcess[],
  version: CgroupVersion,
): Stray | undefined {
  const client = members.find(({ name }) => name === CLIENT);
  if (client !== undefined) {
    const sentence = `process ${client.pid} (${client.name}) has its container in a control group of Docker's`;
    return { sentence, unreached: limitNames };
  }
  if (main === undefined || main.group === unitGroup || main.group.startsWith(`${unitGroup}/`)) return undefined;
  return {
    sentence: `its main process ${main.pid} (${main.name}) is in the control group ${main.group}`,
    unreached: limitNames.filter((name) => filesOf(name, version).length > 0),
  };
}

/** The control group by which systemd knows a process. @param text of /proc/PID/cgroup, cgroups(7) */
export function groupIn(text: string, version: CgroupVersion): string | undefined {
  const controllers = version === 1 ? 'name=systemd' : '';
  return new RegExp(`^\\d+:${controllers}:(/.*)$`, 'm').exec(text)?.[1];
}

/** @param place of the unit's control group, where systemd keeps its processes */
export async function findStray(unitGroup: string, mainPid: number, place: string, version: CgroupVersion): Promise<Stray | undefined> {
  const members: UnitProcess[] = [];
  for (const text of ((await readWhileThere(join(place, 'cgroup.procs'))) ?? '').split('\n').filter((line) => line !== '')) {
    const name = await nameOf(Number(text));
    if (name !== undefined) members.push({ pid: Number(text), name });
  }
  const group = mainPid > 0 ? groupIn((await readWhileThere(`/proc/${mainPid}/cgroup`)) ?? '', version) : undefined;
  const name = await nameOf(mainPid);
  const main = group === undefined || name === undefined ? undefined : { pid: mainPid, name, group };
  return strayOf(unitGroup, main, members, version);
}

async function nameOf(pid: number): Promise<string | undefined> {
  return (await readWhileThere(`/proc/${pid}/comm`))?.trim();
}

/** What has ended or is gone in the middle of it is not there. */
async function readWhileThere(path: string): Promise<string | undefined> {
  try {
    return await readTextIfThere(path);
  } catch (error) {
    if (isErrno(error, 'ESRCH', 'ENODEV')) return undefined;
    throw error;
  }
}
