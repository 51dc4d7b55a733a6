import t from 'tap';
import { Bench, n1, n2, n3 } from './gate-bench.ts';

void t.test('what another node began or ended counts for as long as Ceph may not have noticed', async (t) => {
  const bench = new Bench();
  t.match(await bench.ask('before-grant', n1, { othersChangedMs: -10_000 }), {
    isYes: false,
    message: 'another node began or ended a moment ago, which Ceph may not have noticed yet: 20 s more',
  });
  bench.nowMs = 20_000;
  t.match(await bench.ask('before-grant', n1, { othersChangedMs: -10_000 }), { isYes: true });
});

void t.test('a node that was found to be back is no change to wait for', async (t) => {
  const bench = new Bench();
  await bench.throughStep(n1);
  const freed = { othersChangedMs: bench.nowMs };
  t.match(await bench.ask('before-grant', n2, freed), { isYes: true });
  t.match(await bench.ask('before-begin', n2, freed), { isYes: true });
  t.match(await bench.ask('before-begin', n2, freed), { isYes: true }, 'also when it has to ask again');
  t.match(
    await bench.ask('before-grant', n3, freed),
    { isYes: false },
    'n2 began meanwhile, and vanished from the ledger without evidence',
  );
});

void t.test('who was told that it may begin while another was found to be back is a change to wait for', async (t) => {
  const bench = new Bench();
  await bench.ask('before-begin', n1);
  await bench.ask('after', n1);
  t.match(await bench.ask('before-begin', n2), { isYes: true });
  bench.nowMs += 30_000;
  t.match(await bench.ask('after', n1), { isYes: true });
  const freed = { othersChangedMs: bench.nowMs };
  t.match(await bench.ask('before-grant', n3, freed), { isYes: false }, 'n2 began, and vanished from the ledger without evidence');
  t.match(await bench.ask('before-grant', n2, freed), { isYes: true });
  await bench.throughStep(n2);
  t.match(await bench.ask('before-grant', n3, { othersChangedMs: bench.nowMs }), { isYes: true });
});

void t.test('nor is it one if another began meanwhile, or in the term of another leader', async (t) => {
  const bench = new Bench();
  await bench.throughStep(n1, { begunMark: 'uid-n9@7:begun' });
  t.match(await bench.ask('before-grant', n2, { othersChangedMs: bench.nowMs }), { isYes: false }, 'n9 has ended since');
  await bench.throughStep(n1);
  bench.nowMs += 1;
  t.match(await bench.ask('before-grant', n2, { othersChangedMs: bench.nowMs, leadingSinceMs: bench.nowMs }), { isYes: false });
});
