import { UvsError } from '../../../common/errors.ts';
import { askTogether } from './answer.ts';
import type { Ceph } from './cli.ts';
import { OSD_MAP, OSD_TREE } from './cluster.ts';
import { isPlainHost, treeAnswer } from './crush-hosts.ts';
import { isSayablePool, type DrainPlan } from './drain-plan.ts';
import type { DrainTarget } from './drain-target.ts';
import { osdMapAnswer } from './osds.ts';

interface Found {
  readonly target: DrainTarget;
  /** What it is called now; undefined: it is not there any more. */
  readonly name: string | undefined;
}

export interface FoundHost extends Found {
  readonly hasNoout: boolean;
}

export interface FoundPool extends Found {
  readonly autoscale: string | undefined;
}

export interface FoundTargets {
  /** OSDs and CRUSH hosts. */
  readonly noout: readonly FoundHost[];
  readonly pools: readonly FoundPool[];
  /** See OsdMap. */
  readonly hasGroupFlags: boolean;
}

/** Looks what is set at this moment on all that a plan names, and what that is called by now. */
export async function findTargets(
  ceph: Ceph,
  { noout, autoscaled }: Pick<DrainPlan, 'noout' | 'autoscaled'>,
  signal: AbortSignal,
): Promise<FoundTargets> {
  const read = await askTogether(ceph, [OSD_MAP, OSD_TREE], signal);
  const { flagsOf, hasGroupFlags, pools } = read(OSD_MAP, osdMapAnswer);
  const hosts = read(OSD_TREE, treeAnswer);
  const isHost = new Set(hosts.map(({ name }) => name));
  const hostOf = new Map(hosts.map(({ id, name }) => [id, name]));
  const poolOf = new Map(pools.map((pool) => [pool.id, pool]));
  const poolNamed = new Map(pools.map((pool) => [pool.name, pool]));
  return {
    hasGroupFlags,
    noout: noout.map((target) => {
      const isThere = isOsd(target) || isHost.has(target.name);
      const name = target.id === undefined ? (isThere ? target.name : undefined) : hostOf.get(target.id);
      return { target, name, hasNoout: name !== undefined && flagsOf.get(name)?.includes('noout') === true };
    }),
    pools: autoscaled.map((target) => {
      const pool = target.id === undefined ? poolNamed.get(target.name) : poolOf.get(target.id);
      return { target, name: pool?.name, autoscale: pool?.autoscale };
    }),
  };
}

function isOsd({ name }: DrainTarget): boolean {
  return name.startsWith('osd.');
}

/**
 * What to call an OSD or a host in a command: by its recorded name what is gone, so that Ceph refuses it.
 * @throws UvsError NOT_ALLOWED_NOW where it is called by now what Ceph would take for something else
 */
export function hostName({ target, name = target.name }: FoundHost): string {
  if (isOsd(target) || isPlainHost(name)) return name;
  throw unsayable(`the CRUSH host ${target.name}`, name, `ceph osd crush rename-bucket ${name} ${target.name}`);
}

/** The same of a pool. */
export function poolName({ target, name = target.name }: FoundPool): string {
  if (isSayablePool(name)) return name;
  throw unsayable(`the pool ${target.name}`, name, `ceph osd pool rename -- ${name} ${target.name}`);
}

function unsayable(what: string, name: string, command: string): UvsError {
  return new UvsError('NOT_ALLOWED_NOW', `${what} is called "${name}" by now, which Ceph takes for something else in a command`, {
    hint: `Rename it, e.g.: ${command}`,
  });
}
