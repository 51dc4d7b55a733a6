import * as v from 'valibot';
import { storedAt, type Stored } from '../stored.ts';
import type { StateDirectory } from '../state-directory.ts';

const text = v.string();

/** What /etc/localtime was: a symlink, a file (base64), or nothing. */
const localtime = v.nullable(v.union([v.object({ link: text }), v.object({ file: text })]));

const schema = v.object({
  // `replaced`: what `set` is to replace, as long as that is not done; where `set` is empty, what was there when a purge removed the agent's file
  timeZone: v.optional(v.object({ set: text, replaced: v.optional(text), localtime, timezone: v.nullable(text) })),
  ntp: v.optional(v.object({ set: text, isReloadOwed: v.optional(v.boolean()) })),
  sysctl: v.optional(v.record(text, v.object({ set: text, replaced: v.optional(text), was: text, twin: v.optional(text) }))),
});

/** What the agent has set, and what was there before it did, so that taking a setting back leaves no trace. */
export type Before = v.InferOutput<typeof schema>;

export type StoredBefore = Stored<Before>;

export function storedBefore(state: Pick<StateDirectory, 'path'>): StoredBefore {
  return storedAt(state.path, 'settings-before.json', schema, {
    reason: 'CONFIG_INVALID',
    hint: 'What settings were before UVS set them is lost: take the file away, and set by hand what is wrong.',
  });
}

/** Changes part of what is remembered; on the disk when it resolves. */
export async function remember(before: StoredBefore, change: { readonly [K in keyof Before]?: Before[K] | undefined }): Promise<void> {
  const now: Before = { ...(await before.read()), ...change };
  await before.write(now);
}
