import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { UvsError } from '../../common/errors.ts';

/** Says how passphrases are asked for: from the file that UPD_PASSPHRASE_FILE names, else in the terminal; undefined where there is neither. */
export function passphraseSource(
  env: Readonly<Record<string, string | undefined>>,
  terminal: { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream },
): ((question: string) => Promise<string>) | undefined {
  const path = env['UPD_PASSPHRASE_FILE'];
  if (path !== undefined) return () => fromFile(path);
  if (!terminal.input.isTTY || !terminal.output.isTTY) return undefined;
  return (question) => ask(question, terminal);
}

async function fromFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).split('\n')[0] ?? '';
  } catch (cause) {
    throw new UvsError('NOT_FOUND', `${path}, which UPD_PASSPHRASE_FILE names, can't be read.`, { cause });
  }
}

/** What is typed is not shown. */
function ask(
  question: string,
  { input, output }: { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream },
): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: silent, terminal: true });
  output.write(question);
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    // Ctrl-C comes to us, because the terminal is in raw mode
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => {
      output.write('\n');
      reject(new UvsError('CANCELLED', 'No passphrase was given.'));
    });
  });
}
