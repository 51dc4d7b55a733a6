import type { UvsError } from '../../common/errors.ts';
import { invalid } from './validate.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/** What a page may weigh besides the number of its items, in any unit. A page has one item at least. */
export interface PageWeight<T> {
  readonly of: (item: T) => number;
  readonly most: number;
}

/**
 * Cuts one page out of a list that may change between pages: the token names the last item sent and its place, so that the next page
 * begins after that item, or, where it has gone, at its place.
 */
export function paginate<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  size: number,
  token: string,
  weight: PageWeight<T> = { of: () => 0, most: 0 },
): Page<T> {
  const start = token === '' ? 0 : startOf(all, keyOf, token);
  const items = withinWeight(all.slice(start, start + size), weight);
  const last = items.at(-1);
  const isLast = last === undefined || start + items.length >= all.length;
  return { items, nextPageToken: isLast ? '' : encode(keyOf(last), start + items.length) };
}

/** A token for a list that is read from etcd page by page: the next one comes after this operation, whether it still exists or not. */
export function tokenAfter(operation: string | undefined): string {
  return operation === undefined ? '' : Buffer.from(`after ${operation}`).toString('base64url');
}

/** Reads it; undefined on the first page. @throws UvsError INVALID_ARGUMENT */
export function operationBefore(token: string): string | undefined {
  if (token === '') return undefined;
  const [, operation] = /^after ([a-z0-9-]{1,40})$/.exec(textOf(token)) ?? [];
  if (operation === undefined) throw notOurs();
  return operation;
}

function withinWeight<T>(items: readonly T[], { of, most }: PageWeight<T>): readonly T[] {
  let total = 0;
  for (const [index, item] of items.entries()) {
    total += of(item);
    if (total > most && index > 0) return items.slice(0, index);
  }
  return items;
}

function startOf<T>(all: readonly T[], keyOf: (item: T) => string, token: string): number {
  const { key, place } = decode(token);
  // Where nothing changed, which is nearly always, the item stands right before the place.
  const before = all[place - 1];
  if (before !== undefined && keyOf(before) === key) return place;
  const found = all.findIndex((item) => keyOf(item) === key);
  return found === -1 ? Math.max(0, place - 1) : found + 1;
}

function encode(key: string, place: number): string {
  return Buffer.from(`${place} ${key}`).toString('base64url');
}

function decode(token: string): { readonly key: string; readonly place: number } {
  const [, place, key] = /^([0-9]{1,9}) (.{1,300})$/s.exec(textOf(token)) ?? [];
  if (place === undefined || key === undefined) throw notOurs();
  return { key, place: Number(place) };
}

function textOf(token: string): string {
  return token.length > 600 ? '' : Buffer.from(token, 'base64url').toString();
}

function notOurs(): UvsError {
  return invalid('page_token', 'is none of ours', 'Begin without one.');
}
