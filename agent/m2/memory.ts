import { join } from 'node:path';
import * as v from 'valibot';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { UvsError } from '../../common/errors.ts';
import { readTextIfThere } from '../files/reading.ts';
import type { M2Memory } from './ports.ts';

const uuid = v.pipe(v.string(), v.regex(/^[0-9a-f-]{0,36}$/i));
const schema = v.strictObject({
  serial: v.string(),
  sizeBytes: v.number(),
  tableUuid: uuid,
  partUuid: uuid,
  uuid,
  fileSystem: v.picklist(['ext4', 'xfs']),
  isMaking: v.optional(v.boolean()),
  isDone: v.boolean(),
});

/** What was begun for /m2, in the agent's state directory. */
export function m2Memory(statePath: string): M2Memory {
  const path = join(statePath, 'm2.json');
  return {
    read: async () => {
      const text = await readTextIfThere(path);
      if (text === undefined) return undefined;
      const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
      if (parsed.success) return parsed.output;
      throw new UvsError('DISK_FAILED', `${path} can't be read: ${parsed.issues[0].message}`, {
        hint: 'It tells which disk was set up. Move it away: a file system that is there can then be taken with `uvs-agent m2 prepare --keep`.',
      });
    },
    write: async (begun) => await writeFileAtomically(path, `${JSON.stringify(begun)}\n`, 0o600),
  };
}
