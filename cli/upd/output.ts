import { UvsError, toUvsError } from '../../common/errors.ts';
import { safeJson, safeLine } from '../../common/safe-text.ts';
import { errorText } from '../error-text.ts';
import { exitCodes } from '../exit-codes.ts';

/** Where a command writes: results to `out`, everything else to `err`; and how it asks for a passphrase, where anybody can be asked. */
export interface Output {
  readonly out: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly passphrase?: ((question: string) => Promise<string>) | undefined;
}

/** Writes a result: JSON in one line, or lines for people. A package may say anything of itself: what a terminal would obey does not come through. */
export function printResult(output: Output, isJson: boolean, json: unknown, text: readonly string[]): void {
  output.out.write(`${isJson ? safeJson(JSON.stringify(json)) : text.map(safeLine).join('\n')}\n`);
}

/** Shows a percentage on one line of a terminal; nothing elsewhere. Dispose it to clear the line. */
export function progressLine(output: Output, title: string): { show(done: number, total: number): void } & Disposable {
  let shown = '';
  const write = (text: string) => {
    if (output.err.isTTY !== true || text === shown) return;
    shown = text;
    output.err.write(`\r\u001b[K${text}`);
  };
  return {
    show: (done, total) => write(`${title} ${total === 0 ? 100 : Math.floor((100 * done) / total)} %`),
    [Symbol.dispose]: () => write(''),
  };
}

/** Tells an error in one sentence and what to do; returns the exit code that belongs to it. */
export function reportError(output: Output, thrown: unknown): number {
  const error = toUvsError(thrown);
  output.err.write(`${errorText('upd', error)}\n`);
  if (error.reason === 'INTERNAL' && error.cause instanceof Error) output.err.write(`${error.cause.stack ?? ''}\n`);
  return exitCodes[error.reason];
}

/** What an option that must be a whole number holds. @throws UvsError INVALID_ARGUMENT */
export function wholeNumber(text: string, option: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new UvsError('INVALID_ARGUMENT', `${option} takes a whole number, not "${text}".`);
}
