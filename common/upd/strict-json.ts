import { UvsError, type Reason } from '../errors.ts';

/** What strict JSON can hold: numbers are safe integers only. */
export type StrictJson = null | boolean | number | string | readonly StrictJson[] | { readonly [key: string]: StrictJson };

export interface StrictJsonOptions {
  /** How deep arrays and objects may nest; 16 unless told. */
  readonly maxDepth?: number;
  /** Reason of the errors; PACKAGE_MALFORMED unless told. */
  readonly reason?: Reason;
}

/**
 * Values that one text may hold, the text itself among them. 16 MiB of `{},` would otherwise become 600 MB of objects, and of nested arrays 860 MB
 * (measured); a manifest has 20 values for a file, and 50,000 files fill its cap of bytes.
 */
export const MAX_JSON_VALUES = 1_000_000;

/**
 * Parses JSON that nobody can read in two ways: fatal UTF-8 without a byte order mark, no duplicate keys, no `__proto__`, `constructor` or `prototype`, whole safe
 * integers only (no fraction, exponent or -0), no lone surrogates, a limit of depth and of values, nothing after the value. JSON.parse is laxer in each of these.
 * @param what names the bytes in errors, e.g. "the manifest".
 * @throws UvsError with `reason`
 */
export function parseStrictJson(bytes: Uint8Array, what: string, options: StrictJsonOptions = {}): StrictJson {
  const reason = options.reason ?? 'PACKAGE_MALFORMED';
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new UvsError(reason, `${capitalised(what)} is not valid UTF-8.`, { cause: error });
  }
  return new Parser(text, what, reason, options.maxDepth ?? 16).parse();
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Of a key in an error. */
const MAX_SHOWN_CHARS = 100;
/** Names that JavaScript gives a meaning of its own; some libraries drop them silently. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const WHITE_SPACE = /[ \t\n\r]*/y;
/** Characters of a string up to its end, an escape, or something that must not be there. */
// eslint-disable-next-line no-control-regex
const PLAIN_CHARACTERS = /[^"\\\u0000-\u001f]*/y;
// eslint-disable-next-line no-control-regex
const UNUSUAL_CHARACTER = /[\\\u0000-\u001f]/;
const INTEGER = /-?(?:0|[1-9][0-9]*)/y;
const WORDS: ReadonlyMap<string, [string, StrictJson]> = new Map([
  ['t', ['true', true]],
  ['f', ['false', false]],
  ['n', ['null', null]],
]);
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

class Parser {
  readonly #text: string;
  readonly #what: string;
  readonly #reason: Reason;
  readonly #maxDepth: number;
  #at = 0;
  #values = 0;

  constructor(text: string, what: string, reason: Reason, maxDepth: number) {
    this.#text = text;
    this.#what = what;
    this.#reason = reason;
    this.#maxDepth = maxDepth;
  }

  parse(): StrictJson {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#error('something follows the value');
    return value;
  }

  #value(depth: number): StrictJson {
    if (depth > this.#maxDepth) throw this.#error(`it nests deeper than ${this.#maxDepth}`);
    if (++this.#values > MAX_JSON_VALUES) throw this.#error(`it holds more than ${MAX_JSON_VALUES} values`);
    this.#skipSpace();
    const first = this.#text.charAt(this.#at);
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#array(depth);
    if (first === '"') return this.#string();
    if (first === '-' || (first >= '0' && first <= '9')) return this.#integer();
    const word = WORDS.get(first);
    if (word === undefined || !this.#text.startsWith(word[0], this.#at)) throw this.#error('a value is expected');
    this.#at += word[0].length;
    return word[1];
  }

  #object(depth: number): StrictJson {
    const object: Record<string, StrictJson> = {};
    this.#at += 1;
    if (this.#takeAfterSpace('}')) return object;
    do {
      this.#skipSpace();
      if (this.#text.charAt(this.#at) !== '"') throw this.#error('a key is expected');
      const key = this.#string();
      if (FORBIDDEN_KEYS.has(key)) throw this.#error(`the key "${key}" is not allowed`);
      if (Object.hasOwn(object, key))
        throw this.#error(`the key ${JSON.stringify(key.slice(0, MAX_SHOWN_CHARS))} stands twice in one object`);
      if (!this.#takeAfterSpace(':')) throw this.#error('":" is expected');
      object[key] = this.#value(depth + 1);
    } while (this.#takeAfterSpace(','));
    if (!this.#takeAfterSpace('}')) throw this.#error('"," or "}" is expected');
    return object;
  }

  #array(depth: number): StrictJson {
    const array: StrictJson[] = [];
    this.#at += 1;
    if (this.#takeAfterSpace(']')) return array;
    do array.push(this.#value(depth + 1));
    while (this.#takeAfterSpace(','));
    if (!this.#takeAfterSpace(']')) throw this.#error('"," or "]" is expected');
    return array;
  }

  #string(): string {
    this.#at += 1;
    const end = this.#text.indexOf('"', this.#at);
    const plain = this.#text.slice(this.#at, Math.max(this.#at, end));
    // most strings are a path or a hash
    if (end >= 0 && !UNUSUAL_CHARACTER.test(plain)) {
      this.#at = end + 1;
      return plain;
    }
    return this.#unusualString();
  }

  #unusualString(): string {
    let value = '';
    let hasEscapes = false;
    for (;;) {
      value += this.#match(PLAIN_CHARACTERS);
      const next = this.#text.charAt(this.#at);
      if (next === '"') break;
      if (next !== '\\') throw this.#error(next === '' ? 'a string does not end' : 'a string holds a raw control character');
      hasEscapes = true;
      value += this.#escape();
    }
    this.#at += 1;
    // Fatal UTF-8 can't bring a lone surrogate; only an escape can.
    if (hasEscapes && !value.isWellFormed()) throw this.#error('a string holds half of a surrogate pair');
    return value;
  }

  #escape(): string {
    const letter = this.#text.charAt(this.#at + 1);
    if (letter === 'u') {
      const digits = this.#text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#error('a \\u escape needs four hexadecimal digits');
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const character = ESCAPES.get(letter);
    if (character === undefined) throw this.#error('an escape is not one of JSON');
    this.#at += 2;
    return character;
  }

  #integer(): number {
    const digits = this.#match(INTEGER);
    const value = Number(digits);
    if (digits === '' || digits === '-0') throw this.#error('a number is not a whole number as JSON writes it');
    if (/[.eE0-9]/.test(this.#text.charAt(this.#at))) throw this.#error('a number is not a whole number as JSON writes it');
    if (!Number.isSafeInteger(value)) throw this.#error(`the number ${digits.slice(0, 40)} is too large to be exact`);
    return value;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const matched = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += matched.length;
    return matched;
  }

  #skipSpace(): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) this.#match(WHITE_SPACE);
  }

  #takeAfterSpace(character: string): boolean {
    this.#skipSpace();
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at += 1;
    return true;
  }

  #error(problem: string): UvsError {
    return new UvsError(this.#reason, `${capitalised(this.#what)} is not strict JSON: at character ${this.#at}, ${problem}.`);
  }
}
