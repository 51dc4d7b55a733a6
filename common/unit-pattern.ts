/** More than a node has daemons of different kinds. */
export const MAX_UNIT_PATTERNS = 16;

/** What systemd has beside services and targets (systemd.unit(5)): none of it runs anything, or goes down and up alone. */
const otherKind = /\.(socket|device|mount|automount|swap|path|timer|slice|scope)$/;
/** No name begins with a dot, so that nothing is no unit; one with a dash would be an option. */
const unitName = /^[A-Za-z0-9:_\\@][A-Za-z0-9:_.\\@-]{0,254}$/;
/** Also as cephadm names them: ceph-FSID@osd.3.service. */
const cephService = /^ceph-[A-Za-z0-9*-]{1,64}@[A-Za-z0-9_.*-]{1,128}\.service$/;
const cephTarget = /^ceph(-[A-Za-z0-9-]{1,64})?\.target$/;

/**
 * Completes the name or pattern of units that somebody wrote ("ceph-mgr@*") with the suffix that systemd wants, or says undefined where it can't
 * name any: a pattern is possible among Ceph's instances only, everything else is the full name of one unit. What a node does to that
 * unit is the node's decision.
 */
export function unitPattern(text: string): string | undefined {
  const full = /\.(service|target)$/.test(text) ? text : `${text}.service`;
  if (otherKind.test(text)) return undefined;
  if (cephService.test(full) || cephTarget.test(full)) return full;
  return unitName.test(full) ? full : undefined;
}

/** Whether it names daemons of Ceph, which every node restarts when it is asked to. */
export function isCephUnit(unit: string): boolean {
  return cephService.test(unit) || cephTarget.test(unit);
}

/** Whether it is what services are made of (`ceph-osd@.service`), and none itself; what comes after the first @ is the instance. */
export function isTemplate(unit: string): boolean {
  return /^[^@]*@\.(service|target)$/.test(unit);
}
