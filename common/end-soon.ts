/** So long what is left has to end by itself. */
const GRACE_MS = 1_000;

/**
 * Ends the process, with the exit code that is set, though something is left that would keep it: a connection that a machine which hangs has taken and does
 * not answer stays open until that goes on. Where nothing is left nobody waits for this.
 */
export function endSoon(): void {
  setTimeout(() => process.exit(), GRACE_MS).unref();
}
