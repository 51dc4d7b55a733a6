import t from 'tap';
import { UvsError } from '../../common/errors.ts';
import { Turns } from '../../coordinator/turns.ts';
import { errorOf } from '../support/failure.ts';

const never = new AbortController().signal;

/** Works that end when the test says so. */
class Works {
  readonly going: string[] = [];
  readonly done: string[] = [];
  most = 0;
  readonly #ends = new Map<string, () => void>();

  work(name: string): () => Promise<string> {
    return async () => {
      this.going.push(name);
      this.most = Math.max(this.most, this.going.length);
      await new Promise<void>((resolve) => this.#ends.set(name, resolve));
      this.going.splice(this.going.indexOf(name), 1);
      this.done.push(name);
      return name;
    };
  }

  /** Ends the oldest that goes on, and lets what follows begin. */
  async end(): Promise<void> {
    this.#ends.get(this.going[0] ?? '')?.();
    await settled();
  }
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

void t.test('one work of each party goes on at a time, and so many in all', async (t) => {
  const turns = new Turns({ atOnce: 2, waiting: 9 });
  const works = new Works();
  const all = ['a1', 'a2', 'b1', 'c1', 'b2'].map((name) => turns.take(name.slice(0, 1), never, works.work(name)));
  await settled();
  t.same(works.going, ['a1', 'b1'], 'a2 waits for a1, though it came before b1');
  for (let count = 0; count < 5; count += 1) await works.end();
  t.same(await Promise.all(all), ['a1', 'a2', 'b1', 'c1', 'b2']);
  t.equal(works.most, 2);
});

void t.test('whoever brings thousands keeps nobody else waiting for more than one of them', async (t) => {
  const turns = new Turns({ atOnce: 1, waiting: 10_000 });
  const works = new Works();
  for (let count = 0; count < 5_000; count += 1) void turns.take('greedy', never, works.work(`greedy ${count}`));
  await settled();
  for (let node = 0; node < 3; node += 1) void turns.take(`n${node}`, never, works.work(`n${node}`));
  for (let count = 0; count < 5; count += 1) await works.end();
  t.same(works.done, ['greedy 0', 'n0', 'n1', 'n2', 'greedy 1']);
});

void t.test('a party may let so many wait; more are refused, and what is given up waits no longer', async (t) => {
  const turns = new Turns({ atOnce: 8, waiting: 2 });
  const works = new Works();
  const impatient = new AbortController();
  const first = turns.take('a', never, works.work('a1'));
  const second = turns.take('a', impatient.signal, works.work('a2'));
  const third = turns.take('a', never, works.work('a3'));
  t.match(await errorOf(turns.take('a', never, works.work('a4'))), { reason: 'TOO_MANY' });
  impatient.abort(new UvsError('CANCELLED', 'enough'));
  t.match(await errorOf(second), { reason: 'CANCELLED', message: 'enough' });
  await works.end();
  await works.end();
  t.same(await Promise.all([first, third]), ['a1', 'a3']);
  t.same(works.done, ['a1', 'a3']);
  t.match(await errorOf(turns.take('a', impatient.signal, works.work('a5'))), { reason: 'CANCELLED' });
});

void t.test('a work that fails ends its turn, and its error is told', async (t) => {
  const turns = new Turns({ atOnce: 1, waiting: 9 });
  const failing = turns.take('a', never, async () => {
    throw new UvsError('TOKEN_INVALID', 'no');
  });
  const next = turns.take('b', never, async () => 'b');
  t.match(await errorOf(failing), { reason: 'TOKEN_INVALID' });
  t.equal(await next, 'b');
});
