import { UvsError } from '../../common/errors.ts';
import { EXIT_OK } from '../exit-codes.ts';
import { passphraseSource } from './passphrase.ts';
import { runUpd } from './program.ts';

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => stopping.abort(new UvsError('CANCELLED', 'Cancelled; nothing was written.')));
}
// `upd inspect FILE | head` is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_OK);
  throw error;
});
// The help after a wrong command line goes there: its exit code stays where nobody reads to the end.
process.stderr.on('error', () => undefined);
const passphrase = passphraseSource(process.env, { input: process.stdin, output: process.stderr });
process.exitCode = await runUpd(process.argv.slice(2), { out: process.stdout, err: process.stderr, passphrase }, stopping.signal);
