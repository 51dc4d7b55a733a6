import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { writeFileAtomically } from '../common/atomic-file.ts';
import { UvsError } from '../common/errors.ts';
import type { SeenStore } from './core/watermark.ts';
import { isAuditKey } from './state/audit-rings.ts';
import type { Seen } from './state/seen.ts';
import { addedLater } from './state/parse.ts';

const revision = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const landmark = v.strictObject({
  key: v.pipe(v.string(), v.check(isAuditKey)),
  revision,
  hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/u)),
});
const schema = v.strictObject({
  epoch: v.pipe(v.string(), v.uuid()),
  revision,
  // absent in files of before there were landmarks: then the revision alone is compared
  landmark: addedLater(landmark),
});

/** Keeps in one file what a coordinator has seen of etcd. @throws UvsError CONFIG_INVALID where it is damaged: a lost memory must not go unseen */
export function seenFile(path: string): SeenStore {
  return {
    async read(): Promise<Seen | undefined> {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
      try {
        return v.parse(schema, JSON.parse(text));
      } catch (cause) {
        throw new UvsError('CONFIG_INVALID', `${path}, where this coordinator keeps what it has seen of etcd, is damaged`, {
          cause,
          hint: 'See that etcd holds the newest state of the cluster (uvsctl events list); then move the file away.',
        });
      }
    },
    write: async (seen) => {
      await writeFileAtomically(path, `${JSON.stringify(seen)}\n`, 0o600);
    },
  };
}
