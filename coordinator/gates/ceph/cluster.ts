import type * as v from 'valibot';
import { askJson, askTogether, type ReadAnswer } from './answer.ts';
import type { Ceph } from './cli.ts';
import { daemonsByHost, idsOf, managerHostsAnswer, nodesAnswer, type DaemonsByHost } from './daemons.ts';
import { healthAnswer, type HealthCheck } from './health.ts';
import { managersAnswer, type Managers } from './managers.ts';
import { metadataServersAnswer, type MetadataServer } from './metadata-servers.ts';
import { quorumAnswer, type Quorum } from './monitors.ts';
import { okToStopByStatus, osdOkToStop, type OkToStop } from './ok-to-stop.ts';
import { osdMapAnswer, type OsdMap } from './osds.ts';
import { pgAnswer, type PlacementGroups } from './placement-groups.ts';

/** What the monitors say at one moment; a manager that hangs keeps none of it back. */
export interface ClusterMaps {
  readonly health: readonly HealthCheck[];
  readonly quorum: Quorum;
  readonly osdMap: OsdMap;
  readonly managers: Managers;
  readonly metadataServers: readonly MetadataServer[];
}

/** What Ceph says of itself at one moment. */
export interface ClusterState extends ClusterMaps {
  readonly placementGroups: PlacementGroups;
}

export interface OkToStopAnswers {
  readonly mon: OkToStop;
  readonly mds: OkToStop;
  readonly osd: OkToStop;
}

const HEALTH = ['health'];
export const QUORUM = ['quorum_status'];
export const PLACEMENT_GROUPS = ['pg', 'stat'];
export const OSD_MAP = ['osd', 'dump'];
export const OSD_TREE = ['osd', 'tree'];
export const MANAGERS = ['mgr', 'dump'];
const METADATA_SERVERS = ['fs', 'dump'];
export const NODES = ['node', 'ls'];
const MANAGER_METADATA = ['mgr', 'metadata'];

const MAPS = [HEALTH, QUORUM, OSD_MAP, MANAGERS, METADATA_SERVERS, NODES];

/** Asks everything at once, a manager too. */
export async function readState(ceph: Ceph, signal: AbortSignal): Promise<{ readonly hosts: DaemonsByHost; readonly state: ClusterState }> {
  const read = await askTogether(ceph, [...MAPS, PLACEMENT_GROUPS], signal);
  const state: ClusterState = { ...mapsOf(read), placementGroups: read(PLACEMENT_GROUPS, pgAnswer) };
  return { hosts: await hostsOf(ceph, read(NODES, nodesAnswer), signal), state };
}

/** The same without what only a manager answers. */
export async function readMaps(ceph: Ceph, signal: AbortSignal): Promise<{ readonly hosts: DaemonsByHost; readonly state: ClusterMaps }> {
  const read = await askTogether(ceph, MAPS, signal);
  return { hosts: await hostsOf(ceph, read(NODES, nodesAnswer), signal), state: mapsOf(read) };
}

function mapsOf(read: ReadAnswer): ClusterMaps {
  return {
    health: read(HEALTH, healthAnswer),
    quorum: read(QUORUM, quorumAnswer),
    osdMap: read(OSD_MAP, osdMapAnswer),
    managers: read(MANAGERS, managersAnswer),
    metadataServers: read(METADATA_SERVERS, metadataServersAnswer),
  };
}

/** Puts the hosts together; 12.2 tells those of the managers apart. */
export async function hostsOf(ceph: Ceph, nodes: v.InferOutput<typeof nodesAnswer>, signal: AbortSignal): Promise<DaemonsByHost> {
  return daemonsByHost(nodes, nodes.mgr === undefined ? await askJson(ceph, MANAGER_METADATA, managerHostsAnswer, signal) : []);
}

/** Asks Ceph itself about stopping all of these together; a kind of which there is none is ok. */
export async function askOkToStop(ceph: Ceph, names: readonly string[], signal: AbortSignal): Promise<OkToStopAnswers> {
  const [mon, mds, osd] = await Promise.all(
    (['mon', 'mds', 'osd'] as const).map(async (type): Promise<OkToStop> => {
      const ids = idsOf(names, type);
      if (ids.length === 0) return { isOk: true };
      const output = await ceph.ask([type, 'ok-to-stop', ...ids], signal);
      return type === 'osd' ? osdOkToStop(output, ids) : okToStopByStatus(output);
    }),
  );
  if (mon === undefined || mds === undefined || osd === undefined) throw new Error('three questions have three answers');
  return { mon, mds, osd };
}
