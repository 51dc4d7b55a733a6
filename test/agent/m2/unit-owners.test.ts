import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { foreignUnits } from '../../../agent/m2/unit-owners.ts';
import { mountUnits } from '../../../agent/m2/units.ts';

void t.test("units of an administrator, one that is masked, and of a package are told from the agent's", async (t) => {
  const [unit] = mountUnits('/m2', 'aaaa', 'ext4').slice(-1);
  const at = t.testdir({ etc: { 'm2.mount': unit?.text ?? '' }, usr: { 'm2.mount': '[Mount]\nWhat=tmpfs\n' } });
  const names = ['m2.mount', 'm2.automount'];
  t.strictSame(await foreignUnits([join(at, 'etc'), join(at, 'none')], names), []);
  symlinkSync('/dev/null', join(at, 'etc/m2.automount'));
  t.strictSame(await foreignUnits([join(at, 'etc'), join(at, 'usr')], names), [join(at, 'etc/m2.automount'), join(at, 'usr/m2.mount')]);
});
