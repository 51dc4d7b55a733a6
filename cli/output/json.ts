import { safeJson } from '../../common/safe-text.ts';

function isTimestamp(value: object): value is { seconds: string; nanos: number } {
  return 'seconds' in value && 'nanos' in value && typeof value.seconds === 'string' && Object.keys(value).length === 2;
}

/**
 * Brings a message into the shape of the protobuf JSON mapping (protobuf.dev, "ProtoJSON format"): timestamps are ISO 8601, 64-bit numbers
 * stay strings, an unset message is left out, and so is the name that the loader adds for a oneof.
 */
function protoJson(_key: string, value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value === 'object' && isTimestamp(value)) {
    const date = new Date(Number(value.seconds) * 1000 + Math.floor(value.nanos / 1e6));
    return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
  }
  return value;
}

/** A message as an indented JSON document that ends with a line break. */
export function jsonDocument(message: object): string {
  return `${safeJson(JSON.stringify(message, protoJson, 2))}\n`;
}

/** A message as one line of JSON. */
export function jsonLine(message: object): string {
  return `${safeJson(JSON.stringify(message, protoJson))}\n`;
}
