/** What of a node is to be disturbed: anything, or its managers alone, which no client of the storage waits for. */
export type Extent = 'node' | 'managers';

/** Names of units that can mean nothing but managers: as packages call them, and as cephadm does. A pattern before the "@" could mean more. */
const PACKAGED = /^ceph-mgr(@[A-Za-z0-9_.*-]+\.service|\.target)$/;
const CEPHADM = /^ceph-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@mgr\.[A-Za-z0-9_.*-]+\.service$/;

/** @param restarted see GateQuestion */
export function extentOf(restarted: readonly string[] | undefined): Extent {
  if (restarted === undefined || restarted.length === 0) return 'node';
  return restarted.every((unit) => PACKAGED.test(unit) || CEPHADM.test(unit)) ? 'managers' : 'node';
}
