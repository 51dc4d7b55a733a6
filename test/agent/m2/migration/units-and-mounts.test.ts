import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { migrationMachine } from '../../../../agent/m2/migration/migration-machine.ts';
import { copyPath } from '../../../../agent/m2/migration/units.ts';
import type { Systemctl } from '../../../../agent/os/systemctl.ts';
import { UvsError } from '../../../../common/errors.ts';
import { errorOf } from '../../../support/failure.ts';
import { SmallDisk } from '../../../support/small-disk.ts';

const whyNot = process.getuid?.() === 0 ? false : 'needs root to mount';
const unit = 'nfs-ganesha.service';

function machineAt(directory: string, systemctl: Systemctl) {
  const mountPoint = join(directory, 'ssd');
  mkdirSync(mountPoint, { recursive: true });
  return {
    mountPoint,
    machine: migrationMachine({
      mountPoint,
      statePath: join(directory, 'state'),
      whyNotOwn: async () => '',
      whoSees: async () => [],
      unitsAt: join(directory, 'units'),
      systemctl,
      reload: async () => undefined,
      wait: async () => undefined,
    }),
  };
}

void t.test('a service whose package is gone keeps nobody from going back, unless it runs all the same', async (t) => {
  for (const [load, active, isDone] of [
    ['not-found', 'inactive', true],
    ['not-found', 'failed', true],
    ['not-found', 'active', false],
    ['not-found', 'deactivating', false],
    ['loaded', 'inactive', false],
    ['masked', 'inactive', false],
  ] as const) {
    const { machine } = machineAt(t.testdir(), async (verb) => {
      if (verb === 'show') return `LoadState=${load}\nActiveState=${active}\n`;
      throw new UvsError('SERVICE_FAILED', `systemctl ${verb} ${unit} failed`);
    });
    const what = `${load} ${active}`;
    if (isDone) await machine.stop(unit);
    else t.match(await errorOf(machine.stop(unit)), { reason: 'SERVICE_FAILED' }, what);
    if (load === 'not-found') await machine.start(unit);
    else t.match(await errorOf(machine.start(unit)), { reason: 'SERVICE_FAILED' }, what);
  }
});

void t.test('only what is inactive or has failed has ended', async (t) => {
  for (const [active, hasEnded] of [
    ['inactive', true],
    ['failed', true],
    ['active', false],
    ['reloading', false],
    ['activating', false],
    ['deactivating', false],
    ['', false],
  ] as const) {
    const { machine } = machineAt(t.testdir(), async () => `ActiveState=${active}\n`);
    t.equal(await machine.hasEnded(unit), hasEnded, active);
  }
});

void t.test('what an administrator has mounted on a directory is not taken for its copy, nor taken off', { skip: whyNot }, async (t) => {
  const root = t.testdir();
  const { machine, mountPoint } = machineAt(root, async () => '');
  const directory = join(root, 'srv');
  const copy = copyPath(mountPoint, directory);
  for (const path of [directory, copy, join(root, 'own'), join(root, 'units')]) mkdirSync(path, { recursive: true });
  const mount = (from: string): void => {
    execFileSync('mount', ['--bind', from, directory]);
  };
  const isMountedOn = (): boolean => execFileSync('findmnt', ['-n', '-o', 'TARGET'], { encoding: 'utf8' }).includes(directory);
  t.teardown(() => {
    while (isMountedOn()) execFileSync('umount', [directory]);
  });

  t.equal(await machine.isMounted(directory), false);
  mount(join(root, 'own'));
  t.equal(await machine.isMounted(directory), false);
  await machine.switchOff(directory, []);
  t.equal(isMountedOn(), true);
  execFileSync('umount', [directory]);
  mount(copy);
  t.equal(await machine.isMounted(directory), true);
  await machine.switchOff(directory, []);
  t.equal(isMountedOn(), false);
});

void t.test('the room that its own copy takes keeps no migration from going on, and another’s does', { skip: whyNot }, async (t) => {
  const root = t.testdir();
  const { machine, mountPoint } = machineAt(root, async () => '');
  using disk = SmallDisk.mount(mountPoint, 24);
  t.ok(disk !== undefined);
  const directory = join(root, 'srv');
  const copy = copyPath(mountPoint, directory);
  for (const path of [directory, copy, join(root, 'units')]) mkdirSync(path, { recursive: true });
  for (const path of [directory, copy]) writeFileSync(join(path, 'store'), Buffer.alloc(14 * 1024 ** 2, 1));
  t.match(await errorOf(machine.demandMovable(directory, [], false)), { message: /it takes 14\d+ bytes, and \S+ has \d+ free$/ });
  await machine.demandMovable(directory, [], true);
});

void t.test('whether a copy is there is not known where no SSD is mounted', async (t) => {
  const { machine, mountPoint } = machineAt(t.testdir(), async () => '');
  t.match(await errorOf(machine.hasCopy('/var/log/ceph')), { reason: 'NOT_ALLOWED_NOW', message: `${mountPoint} is not mounted` });
});
