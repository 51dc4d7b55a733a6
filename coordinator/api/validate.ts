import { randomUUID } from 'node:crypto';
import { UvsError } from '../../common/errors.ts';

/** A refusal of one field of a request. */
export function invalid(field: string, why: string, hint?: string): UvsError {
  return new UvsError('INVALID_ARGUMENT', `${field} ${why}`, { details: { field }, hint });
}

/** A text that must be there, of at most `maxLength` UTF-16 units and without control characters. */
export function requireText(value: string, field: string, maxLength = 1024): string {
  const text = value.trim();
  if (text === '') throw invalid(field, 'is required');
  if (text.length > maxLength) throw invalid(field, `is longer than ${maxLength} characters`);
  // oxlint-disable-next-line no-control-regex -- a terminal would obey them
  if (/[\u0000-\u001f\u007f]/.test(text)) throw invalid(field, 'holds control characters');
  return text;
}

/** Why somebody overrides something: the audit log would be silent without it. */
export function requireReason(value: string, field = 'reason'): string {
  if (value.trim() === '') throw invalid(field, 'is required', 'Say in a sentence why: it is kept in the audit log.');
  return requireText(value, field);
}

/** The same where nothing is overridden: empty where nobody said why. */
export function reasonIfAny(value: string, field = 'reason'): string {
  return value.trim() === '' ? '' : requireText(value, field);
}

/** sha256 in hex, lower case. */
export function requireDigest(value: string, field: string): string {
  if (!/^[0-9a-f]{64}$/.test(value)) throw invalid(field, 'must be a sha256 in lower-case hex (64 digits)');
  return value;
}

/** The id in a resource name such as "nodes/osd-1". */
export function requireName(name: string, collection: string): string {
  const prefix = `${collection}/`;
  const id = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  if (!/^[A-Za-z0-9][A-Za-z0-9._:+~-]{0,254}$/.test(id))
    throw invalid('name', `must be ${collection}/{id}, not ${JSON.stringify(name.slice(0, 80))}`);
  return id;
}

/** The client's request id, or a new one where it chose none. */
export function requestId(value: string): string {
  if (value === '') return randomUUID();
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(value)) throw invalid('request_id', 'must be 1 to 64 of letters, digits, ".", "_" and "-"');
  return value;
}

/** A whole number within bounds. */
export function requireInteger(value: number | string, field: string, lowest: number, highest: number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < lowest || number > highest)
    throw invalid(field, `must be a whole number from ${lowest} to ${highest}`);
  return number;
}

/** Size of a page: 0 means the default. */
export function pageSize(value: number, byDefault: number, highest = 1000): number {
  return value === 0 ? byDefault : requireInteger(value, 'page_size', 1, highest);
}

/** A map of labels: keys [A-Za-z0-9][A-Za-z0-9._/-]{0,62}, values of at most 253 characters; at most 64. */
export function requireLabels(labels: Readonly<Record<string, string>>, field: string): Readonly<Record<string, string>> {
  const entries = Object.entries(labels);
  if (entries.length > 64) throw invalid(field, 'holds more than 64 labels');
  for (const [key, value] of entries) {
    requireLabelKey(key, field);
    if (!/^[A-Za-z0-9._/:@+ -]{0,253}$/.test(value)) throw invalid(field, `has a bad value for ${key}`);
  }
  return labels;
}

export function requireLabelKey(key: string, field: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/.test(key)) throw invalid(field, `has a bad key ${JSON.stringify(key.slice(0, 80))}`);
  return key;
}
