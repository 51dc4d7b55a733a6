import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { writeFileAtomically } from '../common/atomic-file.ts';
import { UvsError } from '../common/errors.ts';
import type { WithdrawalList, WithdrawalStore } from './core/withdrawals.ts';

const schema = v.strictObject({
  counter: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  fingerprints: v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
});

/** Keeps in one file which certificates this coordinator has heard withdrawn. @throws UvsError CONFIG_INVALID where it is damaged */
export function withdrawalsFile(path: string): WithdrawalStore {
  return {
    async read(): Promise<WithdrawalList | undefined> {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
      try {
        const { counter, fingerprints } = v.parse(schema, JSON.parse(text));
        return { counter, fingerprints: new Set(fingerprints) };
      } catch (cause) {
        throw new UvsError('CONFIG_INVALID', `${path}, where this coordinator keeps which certificates were withdrawn, is damaged`, {
          cause,
          hint: 'See that etcd was not put back to an older state since the last withdrawal (uvsctl events list); then move the file away.',
        });
      }
    },
    write: async ({ counter, fingerprints }) => {
      await writeFileAtomically(path, `${JSON.stringify({ counter, fingerprints: [...fingerprints] })}\n`, 0o600);
    },
  };
}
