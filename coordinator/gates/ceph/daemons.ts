import * as v from 'valibot';
import { compareNaturally } from '../../../common/natural-order.ts';
import type { NodeRecord } from '../../domain.ts';
import { isSameHost, shortName } from '../../same-host.ts';
import type { Extent } from './extent.ts';
import { byName, count, word } from './answer.ts';

export type DaemonType = 'mon' | 'mgr' | 'mds' | 'osd';
const DAEMON_TYPES: readonly DaemonType[] = ['mon', 'mgr', 'mds', 'osd'];

interface HostDaemons {
  /** In lower case, as its daemons call it: short or whole. */
  readonly host: string;
  readonly names: readonly string[];
}

/** Names of daemons, e.g. "osd.3", by the host on which they last started; hosts by the first part of their names, for each is looked up. */
export type DaemonsByHost = ReadonlyMap<string, readonly HostDaemons[]>;

const hosts = byName(v.array(v.union([word, count])));

/**
 * `node ls`: the host names of the metadata that each daemon gave at its start, of all daemons in one answer. A kind of which there is none is left
 * out: a cluster without a file system has no `mds`. 12.2 leaves out the managers, too.
 */
export const nodesAnswer = v.object({ mon: hosts, osd: v.optional(hosts), mds: v.optional(hosts), mgr: v.optional(hosts) });

/** `mgr metadata`; 12.2 calls the name "id". */
export const managerHostsAnswer = v.array(v.object({ name: v.optional(word), id: v.optional(word), hostname: v.optional(word, '') }));

export function daemonsByHost(
  nodes: v.InferOutput<typeof nodesAnswer>,
  managers: v.InferOutput<typeof managerHostsAnswer> = [],
): DaemonsByHost {
  const namesOf = new Map<string, string[]>();
  const add = (host: string, name: string): void => {
    const key = host.toLowerCase();
    const names = namesOf.get(key);
    if (names === undefined) namesOf.set(key, [name]);
    else names.push(name);
  };
  for (const type of DAEMON_TYPES) {
    for (const [host, ids] of nodes[type] ?? []) for (const id of ids) add(host, `${type}.${id}`);
  }
  for (const { name, id, hostname } of managers) add(hostname, `mgr.${name ?? id ?? ''}`);
  return Map.groupBy(
    [...namesOf].map(([host, names]) => ({ host, names })),
    ({ host }) => shortName(host),
  );
}

/** What Ceph says that a machine has; Ceph knows it by its short name or by its whole one. */
export function daemonsOnHost(byHost: DaemonsByHost, hostname: string): readonly string[] {
  const wanted = hostname.toLowerCase();
  const alike = byHost.get(shortName(wanted)) ?? [];
  return alike
    .filter(({ host }) => isSameHost(host, wanted))
    .flatMap(({ names }) => names)
    .toSorted(compareNaturally);
}

/** Roles that a node can't have without a daemon. */
const CEPH_ROLES: ReadonlySet<string> = new Set(DAEMON_TYPES);

export interface NodeDaemons {
  /** All that either side knows, but for those that are retired: what is not known to be harmless counts. */
  readonly names: readonly string[];
  /** Why the two sides contradict each other; undefined: they agree. */
  readonly mismatch: string | undefined;
}

export interface NodeDaemonsOptions {
  /** Where managers alone are restarted they may be unknown to Ceph: it forgets one that hangs. */
  readonly extent?: Extent;
  /** OSDs that serve nobody, by name: neither side has to know them, and nobody waits for them. */
  readonly retired?: ReadonlySet<string>;
}

/**
 * Finds a node's daemons by asking both sides. Of an agent that can't tell it is believed what Ceph says. A role that promises a daemon where neither
 * side knows one is a contradiction too: Ceph knows the host by another name, or the node's data is where nobody looks.
 */
export function nodeDaemons(node: NodeRecord, byHost: DaemonsByHost, options: NodeDaemonsOptions = {}): NodeDaemons {
  const { extent = 'node', retired = new Set() } = options;
  const ofCeph = daemonsOnHost(byHost, node.hostname);
  const ofNode = node.facts?.daemons;
  const names = [...new Set([...ofCeph, ...(ofNode ?? [])])].filter((name) => !retired.has(name)).toSorted(compareNaturally);
  const role = ofCeph.length === 0 && (ofNode ?? []).length === 0 ? node.roles.find((each) => CEPH_ROLES.has(each)) : undefined;
  if (role !== undefined) {
    const told = ofNode === undefined ? 'the agent can not tell' : 'the node has data of none';
    return { names, mismatch: `${node.hostname} has the role ${role}, Ceph has no daemon on a host of that name, and ${told}` };
  }
  if (ofNode === undefined) return { names, mismatch: undefined };
  const isSame = names.every(
    (name) => (extent === 'managers' && name.startsWith('mgr.')) || (ofCeph.includes(name) && ofNode.includes(name)),
  );
  return {
    names,
    mismatch: isSame
      ? undefined
      : `Ceph and ${node.hostname} do not agree on its daemons: Ceph says ${listed(ofCeph)}, the node has data of ${listed(ofNode)}`,
  };
}

/** @returns undefined where it is no name of a daemon. */
export function splitName(name: string): { readonly type: DaemonType; readonly id: string } | undefined {
  const type = DAEMON_TYPES.find((each) => name.startsWith(`${each}.`));
  return type === undefined ? undefined : { type, id: name.slice(type.length + 1) };
}

/** Ids of one kind, e.g. "3" of "osd.3". */
export function idsOf(names: readonly string[], type: DaemonType): readonly string[] {
  return names.filter((name) => name.startsWith(`${type}.`)).map((name) => name.slice(type.length + 1));
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.slice(0, 20).join(' ') + (names.length > 20 ? ` and ${names.length - 20} more` : '');
}
