import * as fc from 'fast-check';
import t from 'tap';
import { MAX_JSON_VALUES, parseStrictJson } from '../../../common/upd/strict-json.ts';
import { refusal } from '../../support/upd.ts';

const parse = (text: string | Uint8Array) => parseStrictJson(typeof text === 'string' ? Buffer.from(text) : text, 'the test');

void t.test('what JSON.stringify writes of whole numbers, strings, arrays and objects is read back the same', async (t) => {
  const text = fc.string({ unit: 'binary' });
  const leaf = fc.oneof(
    fc.maxSafeInteger().map((n) => (n === 0 ? 0 : n)),
    fc.boolean(),
    fc.constant(null),
    text,
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 5 },
      leaf,
      fc.array(tie('value')),
      fc.dictionary(
        text.filter((key) => !isForbidden(key)),
        tie('value'),
      ),
    ),
  }));
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 2, '\t'), (json, space) => {
      const written = JSON.stringify(json, undefined, space);
      t.strictSame(JSON.stringify(parse(written)), JSON.stringify(json));
    }),
    { numRuns: 200 },
  );
});

function isForbidden(key: string): boolean {
  return ['__proto__', 'constructor', 'prototype'].includes(key);
}

void t.test('whatever strict JSON takes, JSON.parse takes and reads the same', async () => {
  const soup = fc.array(
    fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"b"', '1', '-', '0', '.', 'e', 'true', 'null', ' ', '\\', '"', '\n'),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(soup, (tokens) => {
      const text = tokens.join('');
      let strict: string;
      try {
        strict = JSON.stringify(parse(text));
      } catch {
        return true;
      }
      return strict === JSON.stringify(JSON.parse(text));
    }),
    { numRuns: 2000 },
  );
});

const bad: Readonly<Record<string, string | Uint8Array>> = {
  'a duplicate key': '{"a":1,"a":1}',
  'a duplicate key written with an escape': '{"a":1,"\\u0061":2}',
  'a duplicate key deep inside': '[{"x":{"a":1,"b":2,"a":3}}]',
  'the key __proto__': '{"__proto__":{}}',
  '__proto__ written with an escape': '{"\\u005f_proto__":{}}',
  constructor: '{"constructor":1}',
  'an unsafe integer': '9007199254740992',
  'a negative unsafe integer': '-9007199254740992',
  'an integer of many digits': '1'.repeat(400),
  'a fraction': '1.5',
  'a fraction that is whole': '1.0',
  'an exponent': '1e3',
  'minus zero': '-0',
  'a leading zero': '01',
  'a leading plus': '+1',
  'a lone high surrogate': '"\\ud800"',
  'a lone low surrogate': '"\\udc00x"',
  'bad UTF-8': Buffer.from([0x22, 0xff, 0x22]),
  'an overlong UTF-8 sequence': Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
  'a surrogate in UTF-8': Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
  'a byte order mark': Buffer.from('\uFEFF{}'),
  'a raw control character': '"a\nb"',
  'an unknown escape': '"\\x41"',
  'a short \\u escape': '"\\u12"',
  'something after the value': '{} {}',
  'a NUL after the value': '{}\0',
  'a trailing comma': '[1,]',
  'a comment': '{}//x',
  'single quotes': "{'a':1}",
  NaN: 'NaN',
  nothing: '',
  'an open object': '{"a":1',
  'an open string': '"a',
  'no-break space': '\u00a0{}',
  'nesting too deep': `${'['.repeat(18)}${']'.repeat(18)}`,
};

for (const [what, text] of Object.entries(bad)) {
  void t.test(`${what} is refused`, async (t) => {
    t.equal(await refusal(() => parse(text)), 'PACKAGE_MALFORMED');
  });
}

void t.test('a million opening brackets are refused without exhausting the stack', async (t) => {
  t.equal(await refusal(() => parse('['.repeat(1_000_000))), 'PACKAGE_MALFORMED');
});

void t.test('more values than any manifest has are refused before they take the memory of hundreds of megabytes', async (t) => {
  const list = (count: number) => Buffer.from(`[${'{},'.repeat(count - 2)}{}]`);
  t.equal(await refusal(() => parseStrictJson(list(MAX_JSON_VALUES), 'it')), undefined);
  t.equal(await refusal(() => parseStrictJson(list(MAX_JSON_VALUES + 1), 'it')), 'PACKAGE_MALFORMED');
});
