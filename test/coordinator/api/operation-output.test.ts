import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { readOutput } from '../../../coordinator/api/operation-output.ts';
import type { AgentLink } from '../../../coordinator/ports.ts';
import { errorOf } from '../../support/failure.ts';

type Link = Pick<AgentLink, 'readOutput'>;

const saying = (...texts: readonly string[]): Link => ({
  readOutput: async function* () {
    yield* texts;
  },
});
const away: Link = {
  readOutput: async function* () {
    yield* [];
    throw new UvsError('UNREACHABLE', 'node n1 has no session with this coordinator');
  },
};
const last = { uid: 'n1', hostname: 'demo154', operation: 'op-1', outputTail: 'tail\n', isEarlier: false };
const earlier = { ...last, outputTail: '', isEarlier: true };

async function read(operation: typeof last, link: Link) {
  const pieces = [];
  for await (const piece of readOutput(operation, link, new AbortController().signal)) pieces.push(piece);
  return pieces;
}

void t.test('of the last try the tail stands in for a node that is away, or keeps the output no more', async (t) => {
  t.same(await read(last, saying('one', 'two')), [
    { text: 'one', truncated: false },
    { text: 'two', truncated: false },
  ]);
  for (const link of [away, saying()]) t.same(await read(last, link), [{ text: 'tail\n', truncated: true }]);
  t.same(await read({ ...last, outputTail: '' }, saying()), [], 'it has written nothing yet');
});

void t.test('an earlier try is read from its node, and where that can’t be, it is said where its output lies', async (t) => {
  t.same(await read(earlier, saying('one')), [{ text: 'one', truncated: false }]);
  t.match(await errorOf(read(earlier, away)), {
    reason: 'UNREACHABLE',
    message: /of op-1, an earlier try, is on demo154 alone/,
    hint: /on the node: \/var\/lib\/uvs-agent\/output\/op-1\.log$/,
  });
  t.match(await errorOf(read(earlier, saying())), {
    reason: 'NOT_FOUND',
    message: /^demo154 has no output of op-1, an earlier try: .* keeps it no more$/,
    hint: /last 50 operations.*\/var\/lib\/uvs-agent\/output\/op-1\.log$/,
  });
});
