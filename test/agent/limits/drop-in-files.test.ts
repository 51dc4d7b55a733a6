import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { dropInFiles } from '../../../agent/limits/drop-in-files.ts';
import { errorOf } from '../../support/failure.ts';

const units = 'etc/systemd/system';
const text = '[Service]\nTasksMax=100\n';

void t.test('what is in the place of the directory of drop-ins is told, with what to do', async (t) => {
  const root = t.testdir({ etc: { systemd: { system: {} } } });
  const files = dropInFiles(root);
  writeFileSync(join(root, units, 'file.service.d'), '');
  symlinkSync('/nowhere', join(root, units, 'dangling.service.d'));
  symlinkSync('loop.service.d', join(root, units, 'loop.service.d'));
  for (const name of ['file', 'dangling', 'loop']) {
    // a look reads it first
    const look = async (): Promise<void> => {
      await files.readDropIn(`${name}.service`);
      await files.writeDropIn(`${name}.service`, text);
    };
    t.match(await errorOf(look()), {
      reason: 'SERVICE_FAILED',
      message: `${root}/${units}/${name}.service.d is no directory, and no link to one: remove it, and the limits are written at the next look`,
    });
  }
  t.same(await files.limited(), []);
});

void t.test('a drop-in that can not be written or read is told by its own path, with why', async (t) => {
  const root = t.testdir({ etc: { systemd: { system: {} } } });
  const files = dropInFiles(root);
  const path = join(root, units, 'x.service.d', '90-uvs-limits.conf');
  mkdirSync(join(path, 'full'), { recursive: true });
  const why = (what: string): RegExp =>
    new RegExp(`^${path} can't be ${what} \\(E\\w+: [^'()]+\\): mend that, and the limits are kept at the next look$`, 'u');
  t.match(await errorOf(files.readDropIn('x.service')), { reason: 'SERVICE_FAILED', message: why('read') });
  t.match(await errorOf(files.writeDropIn('x.service', text)), { reason: 'SERVICE_FAILED', message: why('written') });
  t.match(await errorOf(files.writeDropIn('x.service', undefined)), {
    reason: 'SERVICE_FAILED',
    message: / can't be removed \(.*mend that/u,
  });
  t.same(readdirSync(join(root, units, 'x.service.d')), ['90-uvs-limits.conf'], 'nothing is left beside it');
});

void t.test('a drop-in is written, read and removed, with the directory that nothing else is in', async (t) => {
  const root = t.testdir({ etc: { systemd: { system: {} } } });
  const files = dropInFiles(root);
  t.equal(await files.readDropIn('x.service'), undefined);
  await files.writeDropIn('x.service', text);
  t.equal(await files.readDropIn('x.service'), text);
  t.same(await files.limited(), ['x.service']);
  await files.writeDropIn('x.service', undefined);
  t.same(readdirSync(join(root, units)), []);
});
