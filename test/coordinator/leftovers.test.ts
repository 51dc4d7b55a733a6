import t from 'tap';
import { leftovers } from '../../coordinator/leftovers.ts';

const told = (phase: string) => ({ phase, message: '', percent: -1 });

void t.test(
  'what a node keeps ready and nobody wants is a leftover, whether it was there at its hello or was taken up since',
  async (t) => {
    const openOperations = [
      { operation: 'op-1', phase: 'staged', token: undefined },
      { operation: 'op-2', phase: 'staged', token: undefined },
      { operation: 'op-3', phase: 'fetching', token: undefined },
    ];
    const progress = new Map([
      ['op-3', told('pre')],
      ['op-4', told('staged')],
      ['op-5', told('fetching')],
      ['op-6', told('committing')],
    ]);
    t.same(leftovers({ openOperations, progress }, new Set(['op-2', 'op-5'])), ['op-1', 'op-4']);
  },
);
