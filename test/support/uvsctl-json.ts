import * as v from 'valibot';

/** What tests read of `uvsctl --json`; unknown fields are passed over. */
export const statusSchema = v.object({
  cluster: v.object({ packageRecipient: v.string(), leader: v.nullish(v.object({ id: v.string() })) }),
});
export const nodesSchema = v.object({
  nodes: v.array(
    v.object({
      hostname: v.string(),
      uid: v.string(),
      state: v.string(),
      facts: v.nullish(v.object({ uvsVersion: v.string(), bootId: v.string() })),
    }),
  ),
});
export const rolloutsSchema = v.object({ rollouts: v.array(v.object({ name: v.string(), state: v.string(), stateReason: v.string() })) });
export const credentialsSchema = v.object({ credentials: v.array(v.object({ name: v.string(), identity: v.string() })) });
export const operationsSchema = v.object({ operations: v.array(v.object({ name: v.string() })) });
export const eventsSchema = v.object({ events: v.array(v.object({ actor: v.string(), action: v.string(), message: v.string() })) });
export const slotsSchema = v.object({ slots: v.array(v.object({ hostname: v.string(), state: v.string() })) });

/** Parses JSON by a schema; an error names what is missing. */
export function parseJson<T extends v.GenericSchema>(schema: T, text: string): v.InferOutput<T> {
  return v.parse(schema, JSON.parse(text));
}
