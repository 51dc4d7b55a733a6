/** How the code of a health check looks that may be acknowledged, e.g. TELEMETRY_CHANGED. */
const HEALTH_CODE = /^[A-Z0-9_]{1,100}$/;
/** How many may be acknowledged at one place. */
export const MAX_ACKNOWLEDGED = 100;

/** Data can't be reached, or has fewer copies than it should: nothing makes these acceptable. */
const SERIOUS: ReadonlySet<string> = new Set([
  'DEGRADED_STRETCH_MODE',
  'FS_DEGRADED',
  'FS_WITH_FAILED_MDS',
  'MDS_ALL_DOWN',
  'MDS_DAMAGE',
  'MDS_READ_ONLY',
  'MGR_DOWN',
  'MON_DISK_CRIT',
  'MON_DOWN',
  'OBJECT_UNFOUND',
  'OSD_DOWN',
  'OSD_FULL',
  'OSD_SCRUB_ERRORS',
  'PG_AVAILABILITY',
  'PG_BACKFILL_FULL',
  'PG_DAMAGED',
  'PG_DEGRADED',
  'PG_DEGRADED_FULL',
  'PG_RECOVERY_FULL',
  'POOL_FULL',
  'REQUEST_SLOW',
  'REQUEST_STUCK',
  'SLOW_OPS',
]);
/** OSD_HOST_DOWN, OSD_RACK_DOWN and whatever else the tree has. */
const WHOLE_DOMAIN_DOWN = /^OSD_.+_DOWN$/;

/** Whether a check tells of lost availability or redundancy; those can't be acknowledged. */
export function isSerious(code: string): boolean {
  return SERIOUS.has(code) || WHOLE_DOMAIN_DOWN.test(code);
}

/** Says what is wrong with a code that is to be acknowledged; undefined: nothing. */
export function acknowledgementRefusal(code: string): string | undefined {
  if (!HEALTH_CODE.test(code)) return 'must be the code of a health check, like "TELEMETRY_CHANGED"';
  return isSerious(code) ? 'is a health check of availability or redundancy: it can not be acknowledged' : undefined;
}

/** Acknowledged by a rollout that is to mend nodes whose services do not run: no check of Ceph's, but UVS's own of the node. */
export const NODE_UNHEALTHY = 'UVS_NODE_UNHEALTHY';
