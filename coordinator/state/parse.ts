import * as v from 'valibot';
import { UvsError } from '../../common/errors.ts';
import type { KeyValue } from '../etcd/port.ts';

/** Reads a record out of etcd, strictly. @throws UvsError INTERNAL naming the key and the field */
export function parseRecord<Schema extends v.GenericSchema>(schema: Schema, entry: Pick<KeyValue, 'key' | 'value'>): v.InferOutput<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(entry.value);
  } catch (error) {
    throw broken(entry.key, 'it is not JSON', error);
  }
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw broken(entry.key, `${v.getDotPath(issue) ?? 'it'}: ${issue.message}`, undefined);
}

/** Writes a record for etcd: what is undefined becomes null, so that a field is never absent. */
export function recordText(record: object): string {
  return JSON.stringify(record, (_key, value: unknown) => (value === undefined ? null : value));
}

/** A field that may be undefined; null in etcd. */
export function orUndefined<Schema extends v.GenericSchema>(schema: Schema) {
  return v.pipe(
    v.nullable(schema),
    v.transform((value) => value ?? undefined),
  );
}

/** A field that records of older coordinators lack; absent is undefined. */
export function addedLater<Schema extends v.GenericSchema>(schema: Schema) {
  return v.optional(orUndefined(schema), null);
}

function broken(key: string, what: string, cause: unknown): UvsError {
  return new UvsError('INTERNAL', `the record ${key} in etcd can't be read: ${what}`, {
    cause,
    hint: 'It was written by a newer version or by hand; run the newest coordinator, or restore the key from a backup.',
  });
}
