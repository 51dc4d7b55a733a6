import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isSameContent } from '../../../agent/files/same-content.ts';

const MEBIBYTE = 1024 * 1024;

void t.test('content is compared to its last byte, over as many reads as it takes', (t) => {
  const at = (name: string): string => join(t.testdirName, name);
  t.testdir();
  for (const size of [0, 1, MEBIBYTE, 2 * MEBIBYTE + 1]) {
    const content = Buffer.alloc(size, 7);
    writeFileSync(at('one'), content);
    writeFileSync(at('same'), content);
    t.ok(isSameContent(at('one'), at('same')), `${size} bytes`);
    writeFileSync(at('longer'), Buffer.concat([content, Buffer.from([7])]));
    t.notOk(isSameContent(at('one'), at('longer')), `${size} bytes, and one more`);
    if (size === 0) continue;
    content[size - 1] = 8;
    writeFileSync(at('other'), content);
    t.notOk(isSameContent(at('one'), at('other')), `${size} bytes, the last of which differs`);
  }
  t.end();
});

void t.test('what is no file is the same as nothing, and nothing waits for it', (t) => {
  const dir = t.testdir({ file: '' });
  execFileSync('mkfifo', [join(dir, 'fifo')]);
  symlinkSync('file', join(dir, 'link'));
  t.notOk(isSameContent(join(dir, 'file'), join(dir, 'fifo')));
  t.throws(() => isSameContent(join(dir, 'file'), join(dir, 'link')), { code: 'ELOOP' });
  t.end();
});
