import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandLine, SLOWER } from '../nodes/command-line.ts';
import { NodeShell, type ExecOptions, type Finished } from '../nodes/node-shell.ts';
import { madeImage } from './image.ts';

const EMULATOR = 'qemu-system-aarch64';
const MEBIBYTES = 1024;
/** Under emulation on a busy machine. */
const BOOT_MS = 900_000;
/** Has room for the packages of an agent. */
const PACKAGES_DISK = '200m';

/**
 * An emulated arm64 machine with Debian's kernel and systemd, with no network but the one of this process. What it writes is gone when it ends.
 * It is a Cortex-A72: that has none of the pointer authentication of newer processors, which takes an emulator most of its time.
 */
export class ArmMachine extends NodeShell implements AsyncDisposable {
  readonly name: string;
  readonly #directory = mkdtempSync(join(tmpdir(), 'uvs-arm-machine-'));
  #machine: ChildProcess | undefined;
  #commands: CommandLine | undefined;

  /** @param packages folder of this machine, which it sees as /mnt */
  constructor(name: string, packages: string) {
    super();
    this.name = name;
    execFileSync('mke2fs', ['-q', '-t', 'ext4', '-d', packages, join(this.#directory, 'packages'), PACKAGES_DISK]);
  }

  override async boot(): Promise<void> {
    if (this.#machine !== undefined) return;
    const console = join(this.#directory, 'console.log');
    // it ends when this process does, however that ends
    const machine = spawn('setpriv', ['--pdeathsig=KILL', EMULATOR, ...this.#arguments(console)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#machine = machine;
    const commands = new CommandLine(machine.stdin, machine.stdout);
    this.#commands = commands;
    const failed = Promise.withResolvers<never>();
    const late = setTimeout(() => failed.reject(new Error(`${this.name} does not boot:\n${readFileSync(console, 'utf8')}`)), BOOT_MS);
    machine.once('error', failed.reject);
    machine.once('exit', () => failed.reject(new Error(`${this.name} has ended:\n${readFileSync(console, 'utf8')}`)));
    await Promise.race([commands.ready, failed.promise]).finally(() => clearTimeout(late));
    // from here on the end of the machine is no news
    failed.promise.catch(() => undefined);
    await this.sh('until systemctl is-system-running | grep -Eq "running|degraded"; do sleep 0.5; done', { deadlineMs: BOOT_MS / SLOWER });
    // as QEMU's own network has them
    await this.sh(
      'ip link set eth0 up && ip address add 10.0.2.15/24 dev eth0 && ip route add default via 10.0.2.2 && mount -o ro /dev/vdb /mnt',
    );
  }

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
    if (this.#machine === undefined || this.#commands === undefined) throw new Error(`${this.name} does not run`);
    return await this.#commands.exec(command, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #arguments(console: string): readonly string[] {
    const { image, initrd, root } = madeImage();
    const order = `console=ttyAMA0 quiet panic=-1 uvs.root systemd.hostname=${this.name}`;
    return [
      ['-M', 'virt', '-cpu', 'cortex-a72', '-accel', 'tcg,thread=multi', '-smp', '2', '-m', String(MEBIBYTES), '-no-reboot'],
      ['-display', 'none', '-monitor', 'none', '-kernel', image, '-initrd', initrd, '-append', order],
      ['-drive', `file=${root},if=none,id=root,format=raw,snapshot=on`, '-device', 'virtio-blk-pci,drive=root'],
      ['-drive', `file=${join(this.#directory, 'packages')},if=none,id=packages,format=raw,readonly=on`],
      ['-device', 'virtio-blk-pci,drive=packages'],
      ['-netdev', 'user,id=net', '-device', 'virtio-net-pci,netdev=net,romfile='],
      ['-serial', `file:${console}`, '-device', 'virtio-serial-pci'],
      ['-chardev', 'stdio,id=commands', '-device', 'virtconsole,chardev=commands'],
    ].flat();
  }
}
