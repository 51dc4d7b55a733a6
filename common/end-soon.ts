/** So long what is left has to end by itself. */
const GRACE_MS = 1_000;

/**
 * Ends the process, with the exit code that is set, though something is left that would keep it: a connection that a machine which hangs has taken and does
 * not answer stays open until that goes on. Whoever reads the output has all of it first, however slowly; where nothing is left nobody waits for this.
 */
export async function endSoon(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(written));
  setTimeout(() => process.exit(), GRACE_MS).unref();
}

/** A pipe takes as much as its reader makes room for. One that nobody reads any more says so by an error, which is its own listeners' concern. */
async function written(output: NodeJS.WriteStream): Promise<void> {
  if (output.writableLength === 0) return;
  await new Promise<void>((resolve) => output.write('', () => resolve()));
}
