import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { UvsError } from '../../common/errors.ts';
import { unitPattern } from '../../common/unit-pattern.ts';
import { isErrno } from '../files/errno.ts';
import type { StateDirectory } from '../state-directory.ts';

/** More than a cluster can have set. */
const MAX_RULES = 64;

const unit = v.pipe(
  v.string(),
  v.check((text) => unitPattern(text) === text && text.endsWith('.service')),
);

/** Limits as a coordinator tells them, and as they are stored; what their values mean is judged when they are carried out. */
export const limitsSchema = v.object({
  hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  rules: v.pipe(
    v.array(v.object({ unit, values: v.record(v.pipe(v.string(), v.maxLength(64)), v.pipe(v.string(), v.maxLength(64))) })),
    v.maxLength(MAX_RULES),
  ),
});

export type WantedByCluster = v.InferOutput<typeof limitsSchema>;

const NAME = 'limits.json';

/** The limits that the node was told last; undefined where it never was. @throws UvsError CONFIG_INVALID where the file is damaged */
export async function readLimits(state: Pick<StateDirectory, 'path'>): Promise<WantedByCluster | undefined> {
  const path = join(state.path, NAME);
  try {
    return v.parse(limitsSchema, JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return undefined;
    throw new UvsError('CONFIG_INVALID', `${path} can't be read`, { cause, hint: 'The leading coordinator tells the limits again.' });
  }
}

export async function storeLimits(state: Pick<StateDirectory, 'path'>, limits: WantedByCluster): Promise<void> {
  await writeFileAtomically(join(state.path, NAME), `${JSON.stringify(limits)}\n`, 0o600);
}
