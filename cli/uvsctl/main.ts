import { endSoon } from '../../common/end-soon.ts';
import { UvsError } from '../../common/errors.ts';
import { readProductVersion } from '../../common/product-version.ts';
import { EXIT_OK } from '../exit-codes.ts';
import { processTerminal } from '../output/terminal.ts';
import { runUvsctl } from './run.ts';

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    // The second one ends the process by itself, in case the first can't.
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort(new UvsError('CANCELLED', `interrupted by ${name}`));
  });
}
// `uvsctl nodes list | head` is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_OK);
  throw error;
});
// The help after a wrong command line goes there: its exit code stays where nobody reads to the end.
process.stderr.on('error', () => undefined);

process.exitCode = await runUvsctl({
  arguments: process.argv.slice(2),
  environment: process.env,
  terminal: processTerminal({ stdin: process.stdin, stdout: process.stdout, stderr: process.stderr }, process.env),
  signal: interrupted.signal,
  version: readProductVersion(),
});
await endSoon();
