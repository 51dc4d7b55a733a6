import { NEVER } from '../never.ts';
import type { ClusterMaps, ClusterState, OkToStopAnswers } from './cluster.ts';
import { idsOf } from './daemons.ts';
import { flagsRefusal } from './flags.ts';
import { healthRefusal, toldByMonitors } from './health.ts';
import { stopManagersRefusal } from './managers.ts';
import { stopMetadataServersRefusal } from './metadata-servers.ts';
import { quorumRefusal, stopMonitorsRefusal, tooFewMonitors } from './monitors.ts';
import type { OkToStop } from './ok-to-stop.ts';
import { areFlagsOurs, unstoppablePools } from './osds.ts';
import { areAllClean, pgRefusal } from './placement-groups.ts';

/** What is no complaint. */
export interface Tolerance {
  readonly acknowledged: readonly string[];
  /** OSDs and hosts for which UVS has set noout. */
  readonly ownFlags: ReadonlySet<string>;
}

export interface BeforeQuestion extends Tolerance {
  readonly state: ClusterState;
  readonly okToStop: OkToStopAnswers;
  /** Monitors of the map that do not answer. */
  readonly silentMonitors: readonly string[];
  /** Metadata servers that stand by and do not answer. */
  readonly silentStandbys: readonly string[];
  /** The candidate's daemons, e.g. "osd.3". */
  readonly candidate: readonly string[];
  /** Those of all nodes that have begun or ended and are not proven healthy yet. */
  readonly begun: readonly string[];
}

export interface ManagerRestartQuestion extends Tolerance, Pick<BeforeQuestion, 'silentMonitors' | 'begun'> {
  readonly state: ClusterMaps;
}

/** Says why the candidate must not be stopped beside all that has begun; undefined: Ceph can spare them together. */
export function refusalBefore(question: BeforeQuestion): string | undefined {
  const { state, candidate, begun, acknowledged, ownFlags, silentMonitors } = question;
  const stopped = [...new Set([...candidate, ...begun])];
  const monitors = idsOf(candidate, 'mon');
  const never = monitors.length === 0 ? undefined : tooFewMonitors(state.quorum);
  if (never !== undefined) return `${NEVER}${never}`;
  return (
    flagsRefusal(state.osdMap) ??
    healthRefusal(state.health, { acknowledged, areFlagsOurs: areFlagsOurs(state.osdMap, ownFlags) }) ??
    quorumRefusal(state.quorum) ??
    silenceRefusal(silentMonitors) ??
    pgRefusal(state.placementGroups) ??
    monitorsRefusal(question, idsOf(stopped, 'mon')) ??
    osdsRefusal(question, stopped) ??
    (idsOf(candidate, 'mgr').length === 0 ? undefined : stopManagersRefusal(state.managers, idsOf(stopped, 'mgr'))) ??
    metadataServersRefusal(question, idsOf(stopped, 'mds')) ??
    begunRefusal(begun)
  );
}

/**
 * The same where nothing but managers is restarted. What they know can wait for the seconds of that, and the one that is to be restarted may
 * hang, so nothing is asked that a manager would have to answer, and none has to be left.
 */
export function managerRestartRefusal(question: ManagerRestartQuestion): string | undefined {
  const { state, begun, acknowledged, ownFlags, silentMonitors } = question;
  return (
    healthRefusal(toldByMonitors(state.health), { acknowledged, areFlagsOurs: areFlagsOurs(state.osdMap, ownFlags) }) ??
    quorumRefusal(state.quorum) ??
    silenceRefusal(silentMonitors) ??
    begunRefusal(begun)
  );
}

export function silenceRefusal(silent: readonly string[]): string | undefined {
  return silent.length === 0 ? undefined : `${silent.map((name) => `mon.${name}`).join(', ')} does not answer, whatever the quorum says`;
}

/**
 * What has begun counts as down already, whether Ceph has noticed or not: else the answer would depend on who is faster. Without those
 * monitors the quorum is not full, without those OSDs placement groups are not clean.
 */
function begunRefusal(begun: readonly string[]): string | undefined {
  const counted = begun.filter((name) => name.startsWith('mon.') || name.startsWith('osd.'));
  return counted.length === 0 ? undefined : `${counted.join(', ')} of a node that has begun count as down until it is proven healthy`;
}

function monitorsRefusal({ state, okToStop }: BeforeQuestion, stopped: readonly string[]): string | undefined {
  if (stopped.length === 0) return undefined;
  // before 14.2 there is no such question: the majority counted here has to do
  return stopMonitorsRefusal(state.quorum, stopped) ?? said(okToStop.mon, !state.osdMap.hasGroupFlags);
}

function metadataServersRefusal({ state, okToStop, silentStandbys }: BeforeQuestion, stopped: readonly string[]): string | undefined {
  if (stopped.length === 0) return undefined;
  return stopMetadataServersRefusal(state.metadataServers, stopped, silentStandbys) ?? said(okToStop.mds, !state.osdMap.hasGroupFlags);
}

function osdsRefusal({ state, okToStop, begun }: BeforeQuestion, stopped: readonly string[]): string | undefined {
  const ids = idsOf(stopped, 'osd');
  const unknown = ids.filter((id) => !state.osdMap.osds.has(id));
  if (unknown.length > 0) return `the OSD map has no ${unknown.map((id) => `osd.${id}`).join(', ')}`;
  const refusal = said(okToStop.osd, false);
  if (refusal === undefined) return undefined;
  const pools = idsOf(begun, 'osd').length === 0 ? poolsRefusal(state, okToStop.osd) : undefined;
  return pools === undefined ? refusal : `${pools} (${refusal})`;
}

/** Says which pools will forbid it tomorrow as well that a node's OSDs are stopped, for all is where it belongs and nothing else is out. */
export function poolsRefusal(
  { osdMap, placementGroups }: Pick<ClusterState, 'osdMap' | 'placementGroups'>,
  answer: OkToStop,
): string | undefined {
  if (answer.isOk || answer.pools === undefined || !areAllClean(placementGroups)) return undefined;
  const pools = unstoppablePools(osdMap, answer.pools);
  return pools === undefined ? undefined : `${NEVER}${pools}`;
}

function said(answer: OkToStop, mayBeUnknown: boolean): string | undefined {
  if (answer.isOk || (answer.isUnknown && mayBeUnknown)) return undefined;
  return answer.reason;
}
