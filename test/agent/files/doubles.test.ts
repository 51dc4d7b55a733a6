import t from 'tap';
import { Doubles } from '../../../agent/files/doubles.ts';
import { MountTable } from '../../../agent/files/mount-table.ts';
import { Tree } from '../../../agent/files/tree.ts';

void t.test('names that a file system without case takes for one are refused, also where small letters differ', (t) => {
  const root = t.testdir();
  using tree = new Tree(root);
  const doublesOn = (type: string): Doubles => new Doubles(tree, new MountTable(root, [{ device: '7:1', shown: '/', point: root, type }]));
  for (const [one, other] of [
    ['boot/a', 'boot/A'],
    ['boot/ς', 'boot/σ'],
    ['boot/ä', 'boot/A\u0308'],
  ] as const) {
    const [caseless, exact] = [doublesOn('exfat'), doublesOn('ext4')];
    for (const doubles of [caseless, exact]) doubles.look(one);
    t.throws(() => caseless.look(other), /are one place on this node/, `${one} ${other}`);
    exact.look(other);
  }
  const doubles = doublesOn('exfat');
  for (const path of ['boot/straße', 'boot/strasse']) doubles.look(path);
  t.end();
});

void t.test('so are names in directories that are one by such names and have an inode for each, as exFAT by FUSE has', (t) => {
  const root = t.testdir({ boot: {}, BOOT: {} });
  using tree = new Tree(root);
  const doubles = new Doubles(tree, new MountTable(root, [{ device: '7:1', shown: '/', point: root, type: 'exfat' }]));
  doubles.look('boot/a');
  t.throws(() => doubles.look('BOOT/A'), /boot\/a and BOOT\/A are one place on this node/);
  t.end();
});
