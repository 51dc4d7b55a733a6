import { askJson } from './answer.ts';
import type { AskCeph } from './cli.ts';
import { daemonsByHost, idsOf, managerHostsAnswer, nodesAnswer, type DaemonsByHost } from './daemons.ts';
import { healthAnswer, type HealthCheck } from './health.ts';
import { managersAnswer, type Managers } from './managers.ts';
import { metadataServersAnswer, type MetadataServer } from './metadata-servers.ts';
import { quorumAnswer, type Quorum } from './monitors.ts';
import { okToStopByStatus, osdOkToStop, type OkToStop } from './ok-to-stop.ts';
import { osdMapAnswer, type OsdMap } from './osds.ts';
import { pgAnswer, type PlacementGroups } from './placement-groups.ts';

/** What Ceph says of itself at one moment. */
export interface ClusterState {
  readonly health: readonly HealthCheck[];
  readonly quorum: Quorum;
  readonly placementGroups: PlacementGroups;
  readonly osdMap: OsdMap;
  readonly managers: Managers;
  readonly metadataServers: readonly MetadataServer[];
}

export interface OkToStopAnswers {
  readonly mon: OkToStop;
  readonly mds: OkToStop;
  readonly osd: OkToStop;
}

export async function readHosts(ask: AskCeph, signal: AbortSignal): Promise<DaemonsByHost> {
  const nodes = await askJson(ask, ['node', 'ls'], nodesAnswer, signal);
  return daemonsByHost(nodes, nodes.mgr === undefined ? await askJson(ask, ['mgr', 'metadata'], managerHostsAnswer, signal) : []);
}

/** Asks everything at once: the program takes most of its time to start. */
export async function readState(ask: AskCeph, signal: AbortSignal): Promise<ClusterState> {
  const [health, quorum, placementGroups, osdMap, managers, metadataServers] = await Promise.all([
    askJson(ask, ['health'], healthAnswer, signal),
    readQuorum(ask, signal),
    readPlacementGroups(ask, signal),
    readOsdMap(ask, signal),
    readManagers(ask, signal),
    askJson(ask, ['fs', 'dump'], metadataServersAnswer, signal),
  ]);
  return { health, quorum, placementGroups, osdMap, managers, metadataServers };
}

export function readQuorum(ask: AskCeph, signal: AbortSignal): Promise<Quorum> {
  return askJson(ask, ['quorum_status'], quorumAnswer, signal);
}

export function readOsdMap(ask: AskCeph, signal: AbortSignal): Promise<OsdMap> {
  return askJson(ask, ['osd', 'dump'], osdMapAnswer, signal);
}

export function readManagers(ask: AskCeph, signal: AbortSignal): Promise<Managers> {
  return askJson(ask, ['mgr', 'dump'], managersAnswer, signal);
}

export function readPlacementGroups(ask: AskCeph, signal: AbortSignal): Promise<PlacementGroups> {
  return askJson(ask, ['pg', 'stat'], pgAnswer, signal);
}

/** Asks Ceph itself about stopping all of these together; a kind of which there is none is ok. */
export async function askOkToStop(ask: AskCeph, names: readonly string[], signal: AbortSignal): Promise<OkToStopAnswers> {
  const [mon, mds, osd] = await Promise.all(
    (['mon', 'mds', 'osd'] as const).map(async (type): Promise<OkToStop> => {
      const ids = idsOf(names, type);
      if (ids.length === 0) return { isOk: true };
      const output = await ask([type, 'ok-to-stop', ...ids], signal);
      return type === 'osd' ? osdOkToStop(output, ids) : okToStopByStatus(output);
    }),
  );
  if (mon === undefined || mds === undefined || osd === undefined) throw new Error('three questions have three answers');
  return { mon, mds, osd };
}
