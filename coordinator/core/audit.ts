import type { Core } from '../core.ts';
import type { AuditRecord } from '../domain.ts';
import type { Etcd } from '../etcd/port.ts';
import { keys } from '../state/keys.ts';
import { parseRecord } from '../state/parse.ts';
import { auditSchema } from '../state/records.ts';

const PAGE = 200;

/** Reads the audit log, newest first, page by page until enough entries are of the resource (or below it). */
export const listAudit =
  (etcd: Etcd, requireLeader: () => unknown): Core['audit']['list'] =>
  async ({ limit, before, resource }) => {
    requireLeader();
    const found: AuditRecord[] = [];
    let after = before === undefined ? undefined : keys.audit(before);
    for (;;) {
      const page = await etcd.range(keys.audits, { limit: PAGE, isDescending: true, ...(after === undefined ? {} : { after }) });
      for (const entry of page.entries) {
        const record = parseRecord(auditSchema, entry);
        if (resource === undefined || record.resource === resource || record.resource.startsWith(`${resource}/`)) found.push(record);
        if (found.length >= limit) return found;
      }
      after = page.entries.at(-1)?.key;
      if (!page.hasMore || after === undefined) return found;
    }
  };
