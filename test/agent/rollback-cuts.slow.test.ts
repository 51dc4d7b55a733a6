import t from 'tap';
import { cutRetaining, cutRollbacks } from '../support/rollback-cuts.ts';

t.setTimeout(1_800_000);

void t.test(
  'a rollback that is killed before each of its acts on the disk leaves, once recovered, exactly one of the two releases',
  async (t) => {
    await cutRollbacks(t, 1);
  },
);

void t.test(
  'a release that is killed, or finds the disk full, at each act that retains is done, and can be taken back or says why not',
  async (t) => {
    await cutRetaining(t, 1);
  },
);
