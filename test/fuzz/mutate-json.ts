import type { Prng } from '../sim/prng.ts';

const numbers = [
  -1,
  0,
  1,
  2,
  255,
  256,
  511,
  512,
  4095,
  65_535,
  65_536,
  8 * 1024 * 1024,
  8 * 1024 * 1024 + 1,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 2,
  2 ** 32 - 1,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  0.5,
  1e300,
];

const texts = [
  'etc/motd/x',
  'opt/app/a/x',
  'opt/app/link/x',
  'opt/app/old/x',
  'opt/app',
  'etc',
  '',
  '.',
  '..',
  '../outside',
  '/etc/passwd',
  'etc//motd',
  'etc/',
  'etc/../motd',
  'a\0b',
  'a\nb',
  '\u009b2J',
  '\u202e',
  '\ud800',
  '\uFEFF',
  'a'.repeat(256),
  'ü'.repeat(128),
  'a/'.repeat(1100),
  '__proto__',
  'constructor',
  'toString',
  'var/lib/uvs-agent/installed.json',
  '.uvs-staging/x',
  'proc/self/mem',
  'etc/motd.uvs-new',
  '😀',
  '\uFF5E',
  '-rf',
  '--now.service',
  'a.service',
  '0',
  '-0',
  '1e3',
  '99.0',
  'a'.repeat(64),
  'A'.repeat(64),
  'put',
  'remove',
  'file',
  'symlink',
  'directory',
  'full',
  'partial',
  'pre',
  'post',
  'keep',
  'new-beside',
  'user.a',
  'security.capability',
  'YQ==',
  'YQ',
  'AQAAAgAgAAAAAAAAAAAAAAAAAAA=',
];

/** Some value that is seldom right. */
function strange(prng: Prng): unknown {
  return prng.pick<() => unknown>([
    () => prng.pick(numbers),
    () => prng.pick(texts),
    () => null,
    () => prng.chance(0.5),
    () => [],
    () => ({}),
    () => nested(prng.below(20)),
    () => Array.from({ length: prng.below(300) }, (_, index) => index),
  ])();
}

function nested(depth: number): unknown {
  return depth === 0 ? 0 : [nested(depth - 1)];
}

/** One of a value's own kind, near it or at an edge. */
function similar(value: unknown, prng: Prng): unknown {
  if (typeof value === 'number') return prng.chance(0.5) ? value + prng.pick([-1, 1, 2, -2, 8, 4096]) : prng.pick(numbers);
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'string') return strange(prng);
  if (prng.chance(0.5)) return prng.pick(texts);
  const at = prng.below(value.length + 1);
  return prng.pick([
    () => value.slice(0, at) + value.slice(at + 1),
    () => `${value.slice(0, at)}${prng.pick(texts)}${value.slice(at)}`,
    () => value.slice(0, at) + String.fromCharCode(prng.below(prng.chance(0.9) ? 128 : 65_536)) + value.slice(at + 1),
    () => value + value,
    () => value.toUpperCase(),
  ])();
}

/** A value and all below it, each with how to put another in its place. */
interface Place {
  readonly value: unknown;
  readonly set: (value: unknown) => void;
  readonly remove: () => void;
}

function* placesIn(value: unknown): Generator<Place, void, undefined> {
  if (Array.isArray(value)) {
    const list: unknown[] = value;
    for (const [index, one] of list.entries()) {
      yield { value: one, set: (other) => void (list[index] = other), remove: () => void list.splice(index, 1) };
      yield* placesIn(one);
    }
  } else if (value !== null && typeof value === 'object') {
    const object: Record<string, unknown> = { ...value };
    for (const [key, one] of Object.entries(object)) {
      yield { value: one, set: (other) => void Reflect.set(value, key, other), remove: () => void Reflect.deleteProperty(value, key) };
      yield* placesIn(one);
    }
  }
}

/** Changes a JSON value somewhere, in place. */
export function mutateJson(root: unknown, prng: Prng): void {
  const places = [...placesIn(root)];
  if (places.length === 0) return;
  const { value, set, remove } = prng.pick(places);
  prng.pick<() => void>([
    () => set(similar(value, prng)),
    () => set(similar(value, prng)),
    () => set(similar(value, prng)),
    () => set(strange(prng)),
    () => remove(),
    () => set(structuredClone(prng.pick(places).value)),
    () => add(value, prng),
    () => repeat(value, prng),
    () => shuffle(value, prng),
  ])();
}

function add(value: unknown, prng: Prng): void {
  if (Array.isArray(value)) value.push(strange(prng));
  else if (value !== null && typeof value === 'object') Reflect.set(value, prng.pick(texts), strange(prng));
}

function repeat(value: unknown, prng: Prng): void {
  if (!Array.isArray(value) || value.length === 0) return;
  const list: unknown[] = value;
  for (let count = prng.pick([1, 1, 1, 2, 70, 300]); count > 0 && list.length < 2000; count -= 1)
    list.push(structuredClone(prng.pick(list)));
}

function shuffle(value: unknown, prng: Prng): void {
  if (!Array.isArray(value) || value.length < 2) return;
  const list: unknown[] = value;
  const [a, b] = [prng.below(list.length), prng.below(list.length)];
  [list[a], list[b]] = [list[b], list[a]];
}

/** Changes JSON text in ways that no value shows: keys twice, numbers that are not exact, escapes, encodings. */
export function mutateText(text: string, prng: Prng): Buffer {
  return prng.pick<() => Buffer>([
    () =>
      Buffer.from(
        text.replace(
          '{',
          `{"${prng.pick(['format', 'id', '__proto__', 'constructor', 'prototype', 'x'])}":${prng.pick(['1', '{}', '"a"'])},`,
        ),
      ),
    () => Buffer.from(text.replace(/\d+/, prng.pick(['9007199254740993', '1.5', '1e3', '-0', '01', '1'.repeat(400), '+1', 'NaN']))),
    () => Buffer.from(`\uFEFF${text}`),
    () => Buffer.from(text + prng.pick([' ', '\n\n', '\0', '{}', ',', '//x'])),
    () => Buffer.from(text, 'utf16le'),
    () => Buffer.from(text.slice(0, prng.below(text.length + 1))),
    () => Buffer.from(text.replace('"', prng.pick(['"\\ud800', '"\\udc00\\ud800', '"\\x41', '"\\u00', "'", '"\t']))),
    () => Buffer.from(text.replace(/"([a-z])/, (_all, letter: string) => `"\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)),
    () => Buffer.from(text.replace(':', `:${'['.repeat(prng.pick([15, 16, 17, 100, 20_000]))}`)),
    () => {
      const bytes = Buffer.from(text);
      if (bytes.length > 0) bytes.writeUInt8(prng.pick([0xff, 0xc0, 0xed, 0x80]), prng.below(bytes.length));
      return bytes;
    },
  ])();
}
