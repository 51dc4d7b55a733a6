import type { Timestamp, Timestamp__Output } from '../../proto/gen/google/protobuf/Timestamp.ts';

/** Milliseconds since 1970 as google.protobuf.Timestamp. */
export function toTimestamp(wallMs: number): Timestamp {
  const seconds = Math.floor(wallMs / 1000);
  return { seconds: String(seconds), nanos: Math.round((wallMs - seconds * 1000) * 1e6) };
}

/** google.protobuf.Timestamp as milliseconds since 1970; undefined where it is unset. */
export function fromTimestamp(timestamp: Timestamp__Output | null | undefined): number | undefined {
  return timestamp === null || timestamp === undefined ? undefined : Number(timestamp.seconds) * 1000 + timestamp.nanos / 1e6;
}
