import type { NodeRecord, Selector } from '../../coordinator/domain.ts';
import type { PlanQuestion } from '../../coordinator/plan.ts';
import { facts, node, packageRecord, rolloutSpec } from './domain-records.ts';

export const mon1 = node('mon1', ['mon', 'mgr', 'mds']);
export const mon2 = node('mon2', ['mon', 'mgr', 'mds']);
const mon3 = node('mon3', ['mon', 'mgr', 'mds']);
export const osd2 = node('osd2', ['osd']);
export const osd10 = node('osd10', ['osd']);
export const mds1 = node('mds1', ['mds']);
const gateway = node('gw1', ['iscsi']);
/** In no order of its own. */
export const cluster = [gateway, mds1, osd10, osd2, mon3, mon2, mon1];

/** What is asked about this cluster, for its package of release 17. */
export function question(selector: Partial<Selector>, given: Partial<PlanQuestion> = {}): PlanQuestion {
  const whole = { all: false, nodes: [], roles: [], labels: {}, ...selector };
  return {
    nodes: cluster,
    pkg: packageRecord(),
    spec: rolloutSpec({ selector: whole }),
    rolloutOf: () => undefined,
    leaderHost: undefined,
    ...given,
  };
}

/** The cluster with another record of one of its nodes. */
export function withNode(changed: NodeRecord): readonly NodeRecord[] {
  return cluster.map((one) => (one.uid === changed.uid ? changed : one));
}

/** Facts of a node on which a release is. */
export function installed(releaseSeq: number, manifestHash: string, epoch = 0) {
  return facts({ installed: [{ component: 'uvs', version: `2.14.${releaseSeq}`, epoch, releaseSeq, manifestHash }] });
}

/** What most of its nodes meet. */
export const target = { distro: 'debian', distroVersions: ['12'], archs: ['arm64'], boards: ['', 'mars-400'], roles: [] };
