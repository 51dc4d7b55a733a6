import t from 'tap';
import { cutRetaining, cutRollbacks } from '../support/rollback-cuts.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(200_000 * patience);

// rollback-cuts.slow.test.ts takes all of them

void t.test(
  'a rollback that is killed before any of its acts on the disk leaves, once recovered, exactly one of the two releases',
  async (t) => {
    await cutRollbacks(t, 11);
  },
);

void t.test(
  'a release that is killed, or finds the disk full, while it is being retained is done, and can be taken back or says why not',
  async (t) => {
    await cutRetaining(t, 4);
  },
);
