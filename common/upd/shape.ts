import * as v from 'valibot';
import { cutText } from '../cut.ts';
import { UvsError, type Reason } from '../errors.ts';
import { safeLine } from '../safe-text.ts';
import type { StrictJson } from './strict-json.ts';

/** Of what was found wrong: keys and values come from strangers, and may be as long as all that is read. */
const MAX_PROBLEM_CHARS = 300;

/** Checks a strict JSON value against a schema and says in one sentence where the first thing is wrong. @throws UvsError with `reason` */
export function parseShape<T>(schema: v.GenericSchema<unknown, T>, json: StrictJson, what: string, reason: Reason): T {
  const result = v.safeParse(schema, json, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue) ?? '';
  const isUnknownKey = issue.type === 'strict_object' && issue.expected === 'never';
  const problem = isUnknownKey
    ? `the key "${path}" is unknown`
    : issue.received === 'undefined'
      ? `"${path}" is missing`
      : `${path === '' ? 'the value' : `"${path}"`} is wrong: ${lowerFirst(issue.message)}`;
  throw new UvsError(reason, `${what}: ${safeLine(cutText(problem, MAX_PROBLEM_CHARS))}.`);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** A sha256 in lower-case hexadecimal. */
export const sha256Hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits'));

/** Canonical base64 of a fixed or any number of bytes, decoded. */
export function base64Bytes(length?: number) {
  return v.pipe(
    v.string(),
    v.check((text) => isCanonicalBase64(text), 'expected canonical base64 with padding'),
    v.transform((text): Uint8Array => Buffer.from(text, 'base64')),
    v.check((bytes) => length === undefined || bytes.length === length, `expected ${length} bytes in base64`),
  );
}

/** Whether base64 text is what encoding its bytes again gives: Buffer skips what it does not know. */
export function isCanonicalBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}

/** A safe integer in a range, both ends included. */
export function integerIn(min: number, max: number) {
  return v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
}

/** An object with any keys of one kind; valibot's own record takes arrays for objects. */
export function recordOf<K extends v.GenericSchema<string, string>, V extends v.GenericSchema>(key: K, value: V) {
  return v.pipe(
    v.unknown(),
    v.check((input) => !Array.isArray(input), 'expected an object'),
    v.record(key, value),
  );
}
