import * as v from 'valibot';
import { byName, count, word } from './answer.ts';

export interface Osd {
  readonly isUp: boolean;
  /** Whether data is meant to be on it. */
  readonly isIn: boolean;
  /** Its data is gone for good, and its id kept for the disk that replaces it. */
  readonly isDestroyed: boolean;
  /** Epoch of the map in which this very process came up. */
  readonly upFrom: number;
}

export interface Pool {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly minSize: number;
  /** "on", "warn", "off"; undefined before 14.2. */
  readonly autoscale: string | undefined;
}

export interface OsdMap {
  readonly epoch: number;
  /** By id, as text. */
  readonly osds: ReadonlyMap<string, Osd>;
  readonly pools: readonly Pool[];
  /** Flags of the whole cluster, e.g. "noout". */
  readonly flags: readonly string[];
  /** Flags of single OSDs ("osd.3"), CRUSH nodes and device classes, by name. */
  readonly flagsOf: ReadonlyMap<string, readonly string[]>;
  /** Whether flags can be set for a CRUSH node: since 14.2. */
  readonly hasGroupFlags: boolean;
}

const GROUP_FLAGS: readonly string[] = ['noup', 'nodown', 'noin', 'noout'];
const named = v.optional(byName(v.array(word)), {});

const osdAnswer = v.object({ osd: count, up: count, in: count, up_from: count, state: v.array(word) });

/** `osd dump`, of 12.2 and later. */
export const osdMapAnswer = v.pipe(
  v.object({
    epoch: count,
    flags: word,
    require_osd_release: v.optional(word, ''),
    osds: v.array(osdAnswer),
    pools: v.array(v.object({ pool: count, pool_name: word, size: count, min_size: count, pg_autoscale_mode: v.optional(word) })),
    crush_node_flags: named,
    device_class_flags: named,
  }),
  v.transform((dump): OsdMap => {
    const ofOsds = dump.osds
      .map(({ osd, state }): [string, readonly string[]] => [`osd.${osd}`, state.filter((flag) => GROUP_FLAGS.includes(flag))])
      .filter(([, flags]) => flags.length > 0);
    return {
      epoch: dump.epoch,
      osds: new Map(dump.osds.map((osd) => [String(osd.osd), osdFrom(osd)])),
      pools: dump.pools.map((pool) => ({
        id: pool.pool,
        name: pool.pool_name,
        size: pool.size,
        minSize: pool.min_size,
        autoscale: pool.pg_autoscale_mode,
      })),
      flags: dump.flags.split(','),
      flagsOf: new Map([...ofOsds, ...dump.crush_node_flags, ...dump.device_class_flags]),
      // releases are named in the order of the alphabet; "nautilus" is 14.2
      hasGroupFlags: dump.require_osd_release >= 'nautilus',
    };
  }),
);

function osdFrom(osd: v.InferOutput<typeof osdAnswer>): Osd {
  return { isUp: osd.up === 1, isIn: osd.in === 1, isDestroyed: osd.state.includes('destroyed'), upFrom: osd.up_from };
}

/**
 * OSDs without service and without data, by name: destroyed, or down and out, as with a disk that waits to be replaced. Ceph keeps their ids and
 * their hosts, and counts them as nothing amiss.
 */
export function retiredOsds({ osds }: OsdMap): ReadonlySet<string> {
  const retired = [...osds].filter(([, { isUp, isIn, isDestroyed }]) => !isUp && (!isIn || isDestroyed));
  return new Set(retired.map(([id]) => `osd.${id}`));
}

/** Whether there are flags of single OSDs, hosts and classes, and every one is a noout that UVS has set. */
export function areFlagsOurs(map: OsdMap, ours: ReadonlySet<string>): boolean {
  return map.flagsOf.size > 0 && [...map.flagsOf].every(([name, flags]) => ours.has(name) && flags.every((flag) => flag === 'noout'));
}

const SHOWN_POOLS = 5;

/** Says of pools that would be offline without a node's OSDs, though nothing else is out, what would have to be changed about them. */
export function unstoppablePools(map: OsdMap, ids: readonly number[]): string | undefined {
  const found = map.pools.filter(({ id }) => ids.includes(id));
  const sparing = found.filter(({ size, minSize }) => size <= minSize);
  const crowded = found.filter(({ size, minSize }) => size > minSize);
  const reasons = [
    said(sparing, 'can spare no copy: an OSD that holds one can never be stopped; raise size or lower min_size'),
    said(crowded, 'can spare fewer copies than one node holds: choose a CRUSH rule that spreads them over hosts'),
  ].filter((reason) => reason !== undefined);
  return reasons.length === 0 ? undefined : reasons.join('; ');
}

function said(pools: readonly Pool[], what: string): string | undefined {
  if (pools.length === 0) return undefined;
  const shown = pools.slice(0, SHOWN_POOLS).map(({ name, size, minSize }) => `${name} (size ${size}, min_size ${minSize})`);
  const more = pools.length > SHOWN_POOLS ? ` and ${pools.length - SHOWN_POOLS} more` : '';
  return `${pools.length === 1 ? 'pool' : 'pools'} ${shown.join(', ')}${more} ${what}`;
}
