import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ExecOptions, Finished } from './node-shell.ts';

/** How many times as long as on this machine something takes on an emulated processor. */
export const SLOWER = 5;

/** Runs commands on a virtual machine over a line at whose other end is `serve-commands`. */
export class CommandLine {
  /** Resolves when the machine has come as far as to serve commands. */
  readonly ready: Promise<void>;
  readonly #input: Writable;
  readonly #waiting = new Map<number, (finished: Finished) => void>();
  #commands = 0;

  constructor(input: Writable, output: Readable) {
    this.#input = input;
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    createInterface({ input: output }).on('line', (line) => {
      if (line.trim() === 'ready') ready.resolve();
      else this.#answered(line.trim());
    });
  }

  async exec(command: readonly string[], options: ExecOptions = {}): Promise<Finished> {
    const number = (this.#commands += 1);
    const seconds = ((options.deadlineMs ?? 60_000) * SLOWER) / 1000;
    const env = Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`);
    const clean = ['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', 'HOME=/root', 'LANG=C.UTF-8', ...env];
    const input = Buffer.from(options.input ?? '').toString('base64');
    const line = ['timeout', '--signal=KILL', String(seconds), ...clean, ...command]
      .map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
      .join(' ');
    const script = `base64 -d <<'END' | ${line}\n${input}\nEND\n`;
    const { promise, resolve } = Promise.withResolvers<Finished>();
    this.#waiting.set(number, resolve);
    this.#input.write(`${number} ${Buffer.from(script).toString('base64')}\n`);
    return await promise;
  }

  /** Whoever waits for a command to end learns that the machine has none any more. */
  cut(): void {
    for (const answer of this.#waiting.values()) answer({ code: undefined, stdout: '', stderr: 'the power was cut' });
    this.#waiting.clear();
  }

  #answered(line: string): void {
    const [number = '', code = '', ...texts] = line.split(' ');
    const [stdout = '', stderr = ''] = texts.map((text) => Buffer.from(text, 'base64').toString());
    this.#waiting.get(Number(number))?.({ code: code === '137' ? undefined : Number(code), stdout, stderr });
    this.#waiting.delete(Number(number));
  }
}

/** Has the machine of this root serve commands over one of its lines, such as /dev/ttyS1, as soon as it has booted. */
export function layCommandServer(root: string, device: string): void {
  const serve = join(root, 'usr/local/sbin/serve-commands');
  mkdirSync(dirname(serve), { recursive: true });
  copyFileSync(fileURLToPath(new URL('serve-commands', import.meta.url)), serve);
  chmodSync(serve, 0o755);
  const units = join(root, 'etc/systemd/system');
  const unit = `[Service]\nExecStart=/usr/local/sbin/serve-commands ${device}\nKillMode=process\n`;
  writeFileSync(join(units, 'serve-commands.service'), unit);
  mkdirSync(join(units, 'multi-user.target.wants'), { recursive: true });
  symlinkSync('../serve-commands.service', join(units, 'multi-user.target.wants/serve-commands.service'));
}
