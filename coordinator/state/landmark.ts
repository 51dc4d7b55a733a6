import { createHash } from 'node:crypto';
import type { Etcd, KeyValue } from '../etcd/port.ts';
import { keys } from './keys.ts';
import { parseRecord } from './parse.ts';
import { ledgerSchema } from './records.ts';

/**
 * An entry of the audit log by which an etcd is recognised. Nothing but this cluster's ledger writes the log, no entry is ever changed, and
 * two histories never have the same one: an etcd that lacks it was put back to before it, whatever its revision is by now.
 */
export interface Landmark {
  readonly key: string;
  /** In which it was written. */
  readonly revision: number;
  /** sha256 of its text, hex. */
  readonly hash: string;
}

export function landmarkOf({ key, value }: Pick<KeyValue, 'key' | 'value'>, revision: number): Landmark {
  return { key, revision, hash: createHash('sha256').update(value).digest('hex') };
}

/** Finds the newest there is; undefined where nothing was decided yet. */
export async function newestLandmark(etcd: Pick<Etcd, 'get'>): Promise<Landmark | undefined> {
  const ledger = await etcd.get(keys.ledger);
  if (ledger === undefined) return undefined;
  const { seq, nodeEntries } = parseRecord(ledgerSchema, ledger);
  const newest = await Promise.all([etcd.get(keys.audit(seq - nodeEntries)), etcd.get(keys.nodeAudit(nodeEntries))]);
  const [entry] = newest.filter((each) => each !== undefined).toSorted((a, b) => b.modRevision - a.modRevision);
  return entry === undefined ? undefined : landmarkOf(entry, entry.modRevision);
}

/** Whether etcd has forgotten it, or has another in its place; one that is too old for the log to keep is not missed. */
export async function isForgotten(etcd: Pick<Etcd, 'get' | 'range'>, landmark: Landmark): Promise<boolean> {
  const entry = await etcd.get(landmark.key);
  if (entry !== undefined) return entry.modRevision !== landmark.revision || landmarkOf(entry, entry.modRevision).hash !== landmark.hash;
  const ring = landmark.key.startsWith(keys.audits) ? keys.audits : keys.nodeAudits;
  const [oldest] = (await etcd.range(ring, { limit: 1, isKeysOnly: true })).entries;
  return oldest === undefined || oldest.key < landmark.key;
}

/** What is said of an etcd that has forgotten it. */
export function describeForgotten({ revision }: Landmark): string {
  return `etcd has lost what was decided at revision ${revision}, and this coordinator has seen it: it was put back to an older state`;
}
