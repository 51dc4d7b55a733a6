import { readdir } from 'node:fs/promises';
import t from 'tap';
import { DirectoryProbe } from '../../../agent/m2/directory-probe.ts';

void t.test('a directory that is listed is well, and of one that is not the kernel’s word is told', async (t) => {
  t.equal(await new DirectoryProbe(t.testdir()).problem(), '');
  t.equal(await new DirectoryProbe('/nowhere').problem(), 'ENOENT');
});

void t.test('where a listing hangs no other is begun, however often it is asked for, until it has ended', async (t) => {
  let asked = 0;
  const hanging = Promise.withResolvers<void>();
  const list = async () => {
    asked += 1;
    await hanging.promise;
    return await readdir('/');
  };
  const probe = new DirectoryProbe('/', list, 20);
  for (let time = 0; time < 3; time += 1) t.equal(await probe.problem(), 'no answer in 0.02 s');
  t.equal(asked, 1);
  hanging.resolve();
  t.equal(await probe.problem(), '');
  t.equal(await probe.problem(), '');
  t.equal(asked, 2);
});
