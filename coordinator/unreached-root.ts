import type { KnownRoot } from '../common/upd/root-join.ts';
import type { PlanBlocker } from './plan-blockers.ts';

const NAMES_SHOWN = 3;

/** What is known of a node's root file for packages. */
export interface NodeRoot {
  readonly hostname: string;
  /** Undefined without a session; 0: its agent does not tell. */
  readonly version: number | undefined;
}

type ClusterRoot = Pick<KnownRoot, 'trusted' | 'firstVersion'>;

/** Tells whether no chain leads from a node's root file to the cluster's: that began anew, and the node was not told by hand. */
export function isUnreached(version: number | undefined, { firstVersion }: ClusterRoot): boolean {
  return version !== undefined && version !== 0 && version < firstVersion;
}

/** Says so of one node, as it is shown; empty where it is not so. */
export function describeUnreached(version: number | undefined, cluster: ClusterRoot): string {
  if (!isUnreached(version, cluster)) return '';
  return `the cluster's began anew with version ${cluster.firstVersion}, and nothing leads there from version ${version}: ${remedy}`;
}

/** Says of the nodes of a plan which would refuse what only the cluster's root file takes. */
export function unreachedBlockers(nodes: readonly NodeRoot[], cluster: ClusterRoot): readonly PlanBlocker[] {
  const unreached = nodes.filter(({ version }) => isUnreached(version, cluster));
  if (unreached.length === 0) return [];
  const named = unreached.slice(0, NAMES_SHOWN).map(({ hostname, version }) => `${hostname} (version ${version})`);
  const more = unreached.length > named.length ? ` and ${unreached.length - named.length} more` : '';
  const message = `older root files than version ${cluster.firstVersion}, with which the cluster's began anew, are on ${named.join(', ')}${more}: ${remedy}`;
  return [{ kind: 'package-root', message }];
}

const remedy = 'until "uvs-agent trust" is run there, it refuses releases that only the newer one takes';
