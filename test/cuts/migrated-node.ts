import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrationMachine } from '../../agent/m2/migration/migration-machine.ts';
import type { MigrateOptions } from '../../agent/m2/migration/migrate.ts';
import { migrationMemory } from '../../agent/m2/migration/record.ts';
import type { Systemctl } from '../../agent/os/systemctl.ts';
import type { DiskImage } from './disk-image.ts';

const UNIT = 'ceph-mon@a.service';

/**
 * A machine with the store of a real monitor on the disk of its root, and an SSD: both are images, which can be copied at any moment. What stands for systemd
 * mounts what units say, and a service that adds to what it finds whenever it starts.
 */
export class MigratedNode implements Disposable {
  readonly wanted: { readonly directory: string; readonly units: string[]; readonly reason: string };
  readonly options: MigrateOptions;
  readonly #root: string;
  readonly #ssd: string;
  readonly #units: string;
  #disks: readonly DiskImage[];
  #isRunning = false;

  /** @param folder empty, below which the disks are mounted @param disks that of the root, and the SSD */
  constructor(folder: string, disks: readonly DiskImage[]) {
    this.#root = join(folder, 'root');
    this.#ssd = join(folder, 'ssd');
    this.#units = join(this.#root, 'units');
    this.#disks = disks;
    this.wanted = { directory: join(this.#root, 'ceph-a'), units: [UNIT], reason: 'a test' };
    const statePath = join(this.#root, 'state');
    const nothing = (): void => undefined;
    this.options = {
      machine: migrationMachine({
        mountPoint: this.#ssd,
        statePath,
        whyNotOwn: async () => '',
        // other tests on this machine have namespaces, too
        whoSees: async () => [],
        unitsAt: this.#units,
        systemctl: this.#systemctl,
        reload: async () => undefined,
        wait: async () => undefined,
      }),
      memory: migrationMemory(statePath),
      print: nothing,
      say: nothing,
      mayDisturb: async () => undefined,
    };
    for (const path of [this.#root, this.#ssd]) mkdirSync(path, { recursive: true });
    this.#mount();
  }

  /** Gives its root the store of a monitor that Ceph has made. */
  makeStore(): void {
    const at = (name: string): string => join(this.#root, name);
    for (const name of ['units', 'state']) mkdirSync(at(name));
    writeFileSync(at('ceph.conf'), '[global]\nauth_cluster_required = none\nauth_service_required = none\nauth_client_required = none\n');
    execFileSync('monmaptool', ['--create', '--addv', 'a', '[v2:127.0.0.1:3300,v1:127.0.0.1:6789]', at('monmap')], { stdio: 'ignore' });
    const key = ['--create-keyring', at('keyring'), '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *'];
    execFileSync('ceph-authtool', key, { stdio: 'ignore' });
    const make = ['--conf', at('ceph.conf'), '--mkfs', '-i', 'a', '--mon-data', this.wanted.directory];
    execFileSync('ceph-mon', [...make, '--monmap', at('monmap'), '--keyring', at('keyring')], { stdio: 'ignore' });
    for (const name of ['ceph.conf', 'monmap', 'keyring']) execFileSync('rm', [at(name)]);
    writeFileSync(join(this.wanted.directory, 'starts'), '');
    execFileSync('sync', ['-f', this.#root]);
  }

  /** Mounts what the units say, and starts the service where it may start. */
  boot(): void {
    for (const name of readdirSync(this.#units)) if (name.endsWith('.mount')) this.#start(name);
    this.#start(UNIT);
  }

  /** Hash of the store as it is seen, and how often the service has started on it. */
  seen(): { readonly store: string; readonly starts: string; readonly isRunning: boolean } {
    const { directory } = this.wanted;
    const hash = createHash('sha256');
    for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted()) {
      if (name === 'starts') continue;
      hash.update(`${name}\n`);
      if (!existsSync(join(directory, name, '.'))) hash.update(readFileSync(join(directory, name)));
    }
    const starts = join(directory, 'starts');
    return { store: hash.digest('hex'), starts: existsSync(starts) ? readFileSync(starts, 'utf8') : 'none', isRunning: this.#isRunning };
  }

  /** Of each copy that was set aside, how often the service had started on it. */
  setAside(): readonly string[] {
    const at = join(this.#ssd, 'uvs/.undone');
    return existsSync(at) ? readdirSync(at).map((name) => readFileSync(join(at, name, 'starts'), 'utf8')) : [];
  }

  /** What Ceph itself finds in the store. */
  keys(): string {
    return execFileSync('ceph-monstore-tool', [this.wanted.directory, 'dump-keys'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }

  /** Has the file systems write down all names, in turns. */
  commitNames(turn: number): void {
    this.#disks[turn % this.#disks.length]?.commitNames();
  }

  copyDisks(name: string): readonly DiskImage[] {
    return this.#disks.map((disk) => disk.copy(`${disk.path}.${name}`));
  }

  /** Cuts its power, and gives it disks as they were at another moment. */
  exchange(disks: readonly DiskImage[]): void {
    this.#unmount();
    this.#disks = disks;
    this.#isRunning = false;
    this.#mount();
  }

  [Symbol.dispose](): void {
    this.#unmount();
  }

  readonly #systemctl: Systemctl = async (verb, args, unit) => {
    if (args.includes('--property=LoadState')) return 'LoadState=loaded\n';
    if (verb === 'show') return `ActiveState=${this.#isRunning ? 'active' : 'inactive'}\nMainPID=1\n`;
    if (verb === 'stop') this.#isRunning = false;
    if (verb === 'start') this.#start(unit);
    return '';
  };

  #start(unit: string): void {
    if (unit.endsWith('.mount')) this.#bind(readFileSync(join(this.#units, unit), 'utf8'));
    else if (!this.#isRunning) {
      this.#isRunning = true;
      appendFileSync(join(this.wanted.directory, 'starts'), '+');
      execFileSync('sync', ['-f', this.wanted.directory]);
    }
  }

  #bind(unit: string): void {
    const value = (key: string): string => new RegExp(`^${key}=(.*)$`, 'mu').exec(unit)?.[1] ?? '';
    const [what, where] = [value('What'), value('Where')];
    if (!existsSync(value('AssertPathIsDirectory'))) throw new Error(`${what} is not there`);
    if (!isMounted(where)) execFileSync('mount', ['--bind', what, where]);
  }

  #mount(): void {
    for (const [index, at] of [this.#root, this.#ssd].entries()) this.#disks[index]?.mount(at);
  }

  #unmount(): void {
    if (isMounted(this.wanted.directory)) execFileSync('umount', [this.wanted.directory]);
    for (const disk of this.#disks.toReversed()) disk.unmount();
  }
}

function isMounted(path: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4] === path);
}
