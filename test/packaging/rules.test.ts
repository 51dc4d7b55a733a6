import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { isThere, rowsIn, testsIn } from './quotations.ts';

const project = new URL('../../', import.meta.url);
const architecture = readFileSync(new URL('docs/ARCHITECTURE.md', project), 'utf8');

for (const [heading, least] of [
  ['The slot protocol', 21],
  ["etcd's gate", 5],
  ["Ceph's gate", 21],
] as const) {
  const [, section = ''] = new RegExp(`^## ${heading}\\n(.*?)^## `, 'msu').exec(architecture) ?? [];
  const rows = rowsIn(section);

  void t.test(`each rule of "${heading}" names its files and its tests, and they are there`, async (t) => {
    t.ok(rows.length >= least, `${rows.length} rules`);
    for (const [rule = '', where = '', shown = ''] of rows) {
      const files = [...where.matchAll(/`([^`]+)`/gu)].map(([, file = '']) => file);
      t.ok(files.length > 0, rule);
      for (const file of files) t.ok(existsSync(new URL(file, project)), `${rule}: ${file}`);
      const tests = testsIn(shown);
      t.ok(tests.length > 0, rule);
      for (const test of tests) t.ok(isThere(test), `${rule}: ${test.file} “${test.name}”`);
    }
  });
}
