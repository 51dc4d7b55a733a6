import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Kernel } from './kernel.ts';
import { EMULATOR, machineArguments } from './machine-arguments.ts';

export interface Disks {
  /** Raw image of the node's disk, written to. */
  readonly node: string;
  /** Raw image with the programs, never written to. */
  readonly programs: string;
}

/** A machine that is there to lose its power: what its kernel has not told its disk to keep is gone when it does. */
export class VirtualMachine implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #lines: AsyncIterable<string>;

  /** @param order told to the guest on the kernel's command line; letters, digits, `-`, `,` and `=` only */
  constructor(kernel: Kernel, disks: Disks, order: string) {
    const images = [{ file: disks.node }, { file: disks.programs, isReadOnly: true }];
    const args = [...machineArguments(kernel, images, `uvs=${order}`), '-serial', 'stdio'];
    this.#child = spawn(EMULATOR, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', () => resolve());
    });
    if (this.#child.stdout === null) throw new Error('the console of the machine is missing');
    this.#lines = createInterface({ input: this.#child.stdout });
  }

  /**
   * Reads the console until the machine is off. @param onLine returns whether the power is to be cut now
   * @returns whether it was; @throws Error after `deadlineMs`
   */
  async run(onLine: (line: string) => boolean, deadlineMs: number): Promise<boolean> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.cut();
    }, deadlineMs);
    let isCut = false;
    try {
      for await (const line of this.#lines) {
        if (isCut || !onLine(line.replace(/\r$/, ''))) continue;
        isCut = true;
        this.cut();
      }
      await this.#ended;
    } finally {
      clearTimeout(timer);
    }
    if (isLate) throw new Error(`the machine was not off after ${deadlineMs / 1000} s`);
    return isCut;
  }

  /** No program, no kernel and no disk cache gets to do anything any more. */
  cut(): void {
    this.#child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await this.#ended;
  }
}
