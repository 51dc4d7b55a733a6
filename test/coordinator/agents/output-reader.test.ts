import t from 'tap';
import { OutputReader } from '../../../coordinator/agents/output-reader.ts';
import { errorOf } from '../../support/failure.ts';

async function readAll(reader: OutputReader): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of reader.read()) pieces.push(piece);
  return pieces;
}

void t.test('chunks of one character are read together, in order and in pieces of a good size', async (t) => {
  const reader = new OutputReader();
  const text = Array.from({ length: 100_000 }, (_, place) => String.fromCodePoint(97 + (place % 26))).join('');
  for (const character of text) reader.push(character, false);
  reader.push('', true);
  const startMs = performance.now();
  const pieces = await readAll(reader);
  t.comment(`${(performance.now() - startMs).toFixed(1)} ms for 100,000 chunks of one character`);
  t.equal(pieces.join(''), text);
  t.equal(pieces.length, 2);
});

void t.test('output that comes while it is read follows in its order, and no character is torn', async (t) => {
  const reader = new OutputReader();
  const pieces: string[] = [];
  for (const chunk of ['a'.repeat(64 * 1024 - 1), '🙂', 'b']) reader.push(chunk, false);
  for await (const piece of reader.read()) {
    pieces.push(piece);
    if (pieces.length < 3) reader.push(`(${pieces.length})`, pieces.length === 2);
  }
  t.same(
    pieces.map((piece) => piece.slice(-3)),
    ['a🙂', 'b', '(1)(2)'.slice(-3)],
  );
  t.equal(pieces.join(''), `${'a'.repeat(64 * 1024 - 1)}🙂b(1)(2)`);
});

void t.test('a node that sends faster than is read is cut off, by characters and by chunks', async (t) => {
  for (const [chunk, most] of [
    ['x', 140_000],
    ['x'.repeat(1024 * 1024), 9],
  ] as const) {
    const reader = new OutputReader();
    for (let count = 0; count < most; count += 1) reader.push(chunk, false);
    t.match(await errorOf(readAll(reader)), { reason: 'UNREACHABLE', message: /faster than it is read/ });
  }
  const drained = new OutputReader();
  const reading = drained.read();
  for (let count = 0; count < 140_000; count += 1) {
    drained.push('x', false);
    if (count % 10_000 === 0) await reading.next();
  }
  drained.push('', true);
  t.equal((await reading.next()).done, false, 'whoever is read may send as much as there is');
});
