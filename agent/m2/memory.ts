import * as v from 'valibot';
import { storedAt } from '../stored.ts';
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
  return storedAt(statePath, 'm2.json', schema, {
    reason: 'DISK_FAILED',
    hint: 'It tells which disk was set up. Move it away: a file system that is there can then be taken with `uvs-agent m2 prepare --keep`.',
  });
}
