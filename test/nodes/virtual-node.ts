import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { debianKernel, type Kernel } from '../power/kernel.ts';
import { EMULATOR, machineArguments } from '../power/machine-arguments.ts';
import { builtBase } from './base.ts';
import { CommandLine, layCommandServer, SLOWER } from './command-line.ts';
import { NodeShell, type ExecOptions, type Finished } from './node-shell.ts';

const DISK = '1200m';
const MEBIBYTES = 1024;
/** Under emulation on a busy machine. */
const BOOT_MS = 400_000;

/** `critical_warning` in the log of an NVMe disk: its reliability is degraded. */
const DEGRADED = 4;

/** An SSD in a slot of its own, from which it can be pulled. */
export interface VirtualSsd {
  /** Raw image, or the place of one; what is in it stays when the power is cut. */
  readonly file: string;
  readonly serial: string;
  /** Bytes of its physical sectors, where they are larger than its logical ones: it is a virtio disk then, as QEMU's NVMe disks have no such. */
  readonly physicalSector?: number;
}

export interface VirtualOptions {
  /** Plugged in at each boot; may be changed between two. */
  readonly ssds?: readonly VirtualSsd[];
  /** Debian packages that are unpacked over the base: with udev, disks have names that last, and systemd knows when one is there. */
  readonly packages?: readonly string[];
  /** Names of modules that its kernel has loaded beside those that it boots with. */
  readonly modules?: readonly string[];
  /** What listens on this machine's loopback at these, the node finds at its own. */
  readonly ports?: readonly number[];
  /** Memory. */
  readonly mebibytes?: number;
}

/**
 * A virtual machine with a kernel of its own, and so with control groups of version 2, as Debian has them. Commands come over its second serial line.
 * It has no network but for the ports that it is given.
 */
export class VirtualNode extends NodeShell implements AsyncDisposable {
  readonly name = 'node1';
  readonly #directory: string;
  readonly #kernel: Kernel;
  #machine: ChildProcess | undefined;
  #commands: CommandLine | undefined;
  readonly #mebibytes: number;
  readonly #ports: readonly number[];
  ssds: readonly VirtualSsd[];

  private constructor(directory: string, kernel: Kernel, { ssds = [], ports = [], mebibytes = MEBIBYTES }: VirtualOptions) {
    super();
    this.#directory = directory;
    this.#kernel = kernel;
    this.#mebibytes = mebibytes;
    this.#ports = ports;
    this.ssds = ssds;
  }

  /** @param binds folders of this machine that are copied to it, under the same path */
  static async start(binds: readonly string[], options: VirtualOptions = {}): Promise<VirtualNode> {
    const directory = mkdtempSync(join(tmpdir(), 'uvs-virtual-node-'));
    const node = new VirtualNode(directory, debianKernel(options.modules), options);
    try {
      node.#makeDisk(binds, options.packages ?? []);
      await node.boot();
      return node;
    } catch (error) {
      await node[Symbol.asyncDispose]();
      throw error;
    }
  }

  override async boot(): Promise<void> {
    if (this.#machine !== undefined) return;
    const console = join(this.#directory, 'console.log');
    const serial = ['-serial', `file:${console}`, '-serial', 'stdio'];
    const args = machineArguments(this.#kernel, [{ file: join(this.#directory, 'disk') }], 'uvs.root', this.#mebibytes);
    const monitor = ['-qmp', `unix:${this.#monitorPath},server=on,wait=off`];
    const network = this.#ports.length === 0 ? [] : ['-netdev', 'user,id=net,ipv6=off', '-device', 'virtio-net-pci,netdev=net,romfile='];
    const machine = spawn(EMULATOR, [...args, ...network, ...monitor, ...this.ssds.flatMap(ssdArguments), ...serial], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#machine = machine;
    const ready = Promise.withResolvers<void>();
    const late = setTimeout(() => ready.reject(new Error(`the virtual machine does not boot:\n${readFileSync(console, 'utf8')}`)), BOOT_MS);
    machine.once('exit', () => ready.reject(new Error('the virtual machine has ended')));
    const commands = new CommandLine(machine.stdin, machine.stdout);
    this.#commands = commands;
    commands.ready.then(ready.resolve, ready.reject);
    await ready.promise.finally(() => clearTimeout(late));
    await this.must(['sh', '-c', 'until systemctl is-system-running | grep -Eq "running|degraded"; do sleep 0.5; done'], {
      deadlineMs: BOOT_MS / SLOWER,
    });
    await this.#reachPorts();
  }

  /** Pulls an SSD out of its slot while the machine runs. */
  async pull(serial: string): Promise<void> {
    await this.#command('device_del', { id: `ssd-${serial}` });
  }

  /** Has an SSD say of itself, from now on, that it is not well. */
  async sicken(serial: string): Promise<void> {
    await this.#command('qom-set', { path: `/machine/peripheral/ssd-${serial}`, property: 'smart_critical_warning', value: DEGRADED });
  }

  /** Cuts its power: what its kernel has not told its disk to keep is gone. */
  override async crash(): Promise<void> {
    const machine = this.#machine;
    this.#machine = undefined;
    if (machine === undefined || machine.exitCode !== null || machine.signalCode !== null) return;
    const ended = once(machine, 'exit');
    machine.kill('SIGKILL');
    await ended;
    this.#commands?.cut();
  }

  override async exec(command: readonly string[], options: ExecOptions = {}): Promise<Finished> {
    if (this.#machine === undefined || this.#commands === undefined) throw new Error('the virtual machine does not run');
    return await this.#commands.exec(command, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** QEMU's own network has this machine's loopback as 10.0.2.2. No route leads anywhere else. */
  async #reachPorts(): Promise<void> {
    if (this.#ports.length === 0) return;
    await this.sh('nic=$(ls /sys/class/net | grep -v "^lo$") && ip address add 10.0.2.15/24 dev "$nic" && ip link set "$nic" up');
    for (const port of this.#ports) {
      const socket = [`--unit=port-${port}`, `--socket-property=ListenStream=127.0.0.1:${port}`];
      await this.must(['systemd-run', '--quiet', ...socket, '/usr/lib/systemd/systemd-socket-proxyd', `10.0.2.2:${port}`]);
    }
  }

  get #monitorPath(): string {
    return join(this.#directory, 'monitor');
  }

  /** A command of QEMU's own protocol. */
  async #command(execute: string, args: Readonly<Record<string, string | number>>): Promise<void> {
    const socket = connect(this.#monitorPath);
    try {
      const lines = createInterface({ input: socket });
      const answers = Promise.withResolvers<void>();
      socket.once('error', answers.reject);
      lines.on('line', (line) => {
        if (line.includes('"error"')) answers.reject(new Error(`QEMU refuses ${execute}: ${line}`));
        else if (line.includes('"id": 2') || line.includes('"id":2')) answers.resolve();
      });
      socket.write(`${JSON.stringify({ execute: 'qmp_capabilities', id: 1 })}\n${JSON.stringify({ execute, arguments: args, id: 2 })}\n`);
      await answers.promise;
    } finally {
      socket.destroy();
    }
  }

  #makeDisk(binds: readonly string[], packages: readonly string[]): void {
    const tree = join(this.#directory, 'tree');
    execFileSync('cp', ['-a', builtBase(), tree]);
    for (const name of packages) this.#unpack(name, tree);
    if (packages.includes('udev')) {
      for (const unit of [
        'systemd-udevd.service',
        'systemd-udevd-kernel.socket',
        'systemd-udevd-control.socket',
        'systemd-udev-trigger.service',
      ])
        rmSync(join(tree, 'etc/systemd/system', unit));
    }
    for (const path of binds) {
      mkdirSync(join(tree, dirname(path)), { recursive: true });
      cpSync(path, join(tree, path), { recursive: true, verbatimSymlinks: true });
    }
    layCommandServer(tree, '/dev/ttyS1');
    writeFileSync(join(tree, 'etc/hostname'), `${this.name}\n`);
    writeFileSync(join(tree, 'etc/hosts'), `127.0.0.1 localhost ${this.name}\n`);
    execFileSync('mke2fs', ['-q', '-t', 'ext4', '-d', tree, join(this.#directory, 'disk'), DISK]);
    rmSync(tree, { recursive: true });
  }

  /** Of a package that is older than the one root for /usr, /lib is a link there. */
  #unpack(name: string, tree: string): void {
    const unpacked = join(this.#directory, 'unpacked');
    mkdirSync(join(this.#directory, 'debs'), { recursive: true });
    execFileSync('apt-get', ['-qq', 'download', name], { cwd: join(this.#directory, 'debs'), stdio: ['ignore', 'ignore', 'pipe'] });
    for (const file of readdirSync(join(this.#directory, 'debs')))
      execFileSync('dpkg-deb', ['-x', join(this.#directory, 'debs', file), unpacked]);
    for (const top of readdirSync(unpacked)) {
      const into = ['bin', 'sbin', 'lib'].includes(top) ? join(tree, 'usr', top) : join(tree, top);
      execFileSync('cp', ['-a', `${join(unpacked, top)}/.`, into]);
    }
    for (const path of [unpacked, join(this.#directory, 'debs')]) rmSync(path, { recursive: true });
  }
}

function ssdArguments({ file, serial, physicalSector }: VirtualSsd, index: number): readonly string[] {
  const slot = `slot-${index}`;
  const kind = physicalSector === undefined ? 'nvme' : `virtio-blk-pci,physical_block_size=${physicalSector}`;
  return [
    ['-drive', `file=${file},if=none,id=drive-${serial},format=raw,cache=writeback,file.locking=off`],
    ['-device', `pcie-root-port,id=${slot},chassis=${index + 1},slot=${index + 1}`],
    ['-device', `${kind},drive=drive-${serial},serial=${serial},id=ssd-${serial},bus=${slot}`],
  ].flat();
}
