import type { Timestamp } from '../../proto/gen/google/protobuf/Timestamp.ts';

/** Milliseconds since 1970 as google.protobuf.Timestamp. */
export function toTimestamp(wallMs: number): Timestamp {
  const seconds = Math.floor(wallMs / 1000);
  return { seconds: String(seconds), nanos: Math.round((wallMs - seconds * 1000) * 1e6) };
}
