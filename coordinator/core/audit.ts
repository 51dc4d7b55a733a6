import type { AuditPlace, AuditView, Core } from '../core.ts';
import type { Etcd } from '../etcd/port.ts';
import { keys, lastPart } from '../state/keys.ts';
import { parseRecord } from '../state/parse.ts';
import { auditSchema } from '../state/records.ts';

const PAGE = 200;

/** Reads the audit log, newest first, page by page until enough entries are of the resource (or below it). */
export const listAudit =
  (etcd: Etcd, requireLeader: () => unknown): Core['audit']['list'] =>
  async ({ limit, before, resource }) => {
    requireLeader();
    // both as they were at one revision, so that none is missing of those between
    const { revision } = await etcd.range(keys.audits, { limit: 1, isKeysOnly: true });
    const found: AuditView[] = [];
    for await (const entry of merged(ring(etcd, 'decided', before, revision), ring(etcd, 'nodes', before, revision))) {
      if (found.length >= limit) break;
      if (resource === undefined || entry.resource === resource || entry.resource.startsWith(`${resource}/`)) found.push(entry);
    }
    return found;
  };

async function* ring(etcd: Etcd, which: keyof AuditPlace, before: AuditPlace | undefined, revision: number): AsyncGenerator<AuditView> {
  const [prefix, keyOf] = which === 'nodes' ? [keys.nodeAudits, keys.nodeAudit] : [keys.audits, keys.audit];
  let after = before === undefined ? undefined : keyOf(before[which] + 1);
  for (;;) {
    const query = { limit: PAGE, isDescending: true, revision, ...(after === undefined ? {} : { after }) };
    const page = await etcd.range(prefix, query);
    for (const entry of page.entries) {
      const record = parseRecord(auditSchema, entry);
      const place = Number(lastPart(entry.key));
      // of all that came until this entry so many went into each ring
      const other = record.seq - place;
      yield { ...record, before: which === 'nodes' ? { decided: other, nodes: place - 1 } : { decided: place - 1, nodes: other } };
    }
    after = page.entries.at(-1)?.key;
    if (!page.hasMore || after === undefined) return;
  }
}

/** Both rings as one, the newest first. */
async function* merged(...rings: readonly AsyncGenerator<AuditView>[]): AsyncGenerator<AuditView> {
  const heads = await Promise.all(rings.map(async (ring) => ({ ring, next: await ring.next() })));
  for (;;) {
    let newest: { readonly head: (typeof heads)[number]; readonly entry: AuditView } | undefined;
    for (const head of heads) {
      if (head.next.done !== true && head.next.value.seq > (newest?.entry.seq ?? 0)) newest = { head, entry: head.next.value };
    }
    if (newest === undefined) return;
    yield newest.entry;
    newest.head.next = await newest.head.ring.next();
  }
}
