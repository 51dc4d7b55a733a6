import type * as real from '../../../agent/output-store.ts';

/** Stands in for agent/output-store.ts: output is forgotten. */
export class OutputFile implements AsyncDisposable {
  static async open(): Promise<OutputFile> {
    return new OutputFile();
  }

  write(): void {}

  async tail(): Promise<string> {
    return '';
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

export const readTail: typeof real.readTail = async () => '';
export const sweepOutputs: typeof real.sweepOutputs = async () => undefined;

// oxlint-disable-next-line require-yield
export const readOutput: typeof real.readOutput = async function* () {};
