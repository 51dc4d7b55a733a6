import { compareNaturally } from '../common/natural-order.ts';

/** The order in which Ceph wants its daemons restarted; the same as that of the roles in a plan. */
const daemons: readonly string[] = ['mon', 'mgr', 'osd', 'mds', 'rgw'];
const aliases: Readonly<Record<string, string>> = { radosgw: 'rgw' };

/** Orders units of one node: monitors first, then managers, OSDs, metadata servers, gateways, and the rest. */
export function byDaemon(left: string, right: string): number {
  return rank(left) - rank(right) || compareNaturally(left, right);
}

function rank(unit: string): number {
  const daemon = daemonOf(unit);
  const place = daemons.indexOf(aliases[daemon] ?? daemon);
  return place === -1 ? daemons.length : place;
}

/** "osd" of ceph-osd@3.service, and of ceph-FSID@osd.3.service as cephadm has it. */
function daemonOf(unit: string): string {
  const [, prefix = '', instance = ''] = /^ceph-([A-Za-z0-9-]+)@([A-Za-z0-9_.-]+)\.service$/.exec(unit) ?? [];
  const [first = ''] = instance.split('.');
  return daemons.includes(first) && instance.includes('.') ? first : prefix;
}
