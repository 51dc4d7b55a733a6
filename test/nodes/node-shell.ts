import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, dirname } from 'node:path';

/** What a program in a node came to. */
export interface Finished {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly input?: Buffer | string;
  readonly deadlineMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a test does on a booted node, of whichever kind. */
export abstract class NodeShell {
  abstract readonly name: string;

  /** Runs a program there as root, outside of any service that is tested; killed at the deadline. */
  abstract exec(command: readonly string[], options?: ExecOptions): Promise<Finished>;

  /** Boots it; resolves when systemd has nothing left to start. A node that runs is left as it is. */
  abstract boot(): Promise<void>;

  /** Ends all of it at once. */
  abstract crash(): Promise<void>;

  /** The same; anything but exit code 0 is an error that shows what it said. Returns its output without the last line's end. */
  async must(command: readonly string[], options: ExecOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.exec(command, options);
    if (code !== 0) throw new Error(`${this.name}: ${command.join(' ')} exited ${code ?? 'by a signal'}\n${stdout}${stderr}`);
    return stdout.trimEnd();
  }

  /** A shell script, by `must`. */
  async sh(script: string, options: ExecOptions = {}): Promise<string> {
    return await this.must(['sh', '-c', script], options);
  }

  /** Copies a file or a folder of this machine into a folder of the node, which is made. */
  async copyIn(from: string, into: string): Promise<void> {
    const tar = spawn('tar', ['-C', dirname(from), '-cf', '-', basename(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const chunks: Buffer[] = [];
    tar.stdout.on('data', (data: Buffer) => chunks.push(data));
    await once(tar, 'close');
    if (tar.exitCode !== 0) throw new Error(`${from} could not be read`);
    await this.must(['mkdir', '-p', into]);
    await this.must(['tar', '-C', into, '-xpf', '-'], { input: Buffer.concat(chunks) });
  }

  async write(path: string, content: string, mode = '644'): Promise<void> {
    await this.sh(`mkdir -p "$(dirname ${path})" && cat > ${path} && chmod ${mode} ${path}`, { input: content });
  }

  /** Throws where it is not there. */
  async read(path: string): Promise<string> {
    return (await this.must(['cat', path])) + '\n';
  }
}
