import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runUvsctl } from '../../cli/uvsctl/run.ts';
import { writeCredential, type Credential } from '../../common/credential.ts';
import { capturedTerminal, type CapturedOptions, type CapturedTerminal } from './captured-terminal.ts';

export interface UvsctlResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly terminal: CapturedTerminal;
}

export interface UvsctlOptions extends CapturedOptions {
  readonly signal?: AbortSignal;
}

/** A person's directory with a credential in it, from which uvsctl is run in this process. */
export interface Operator extends AsyncDisposable {
  readonly directory: string;
  readonly credentialPath: string;
  run(arguments_: readonly string[], options?: UvsctlOptions): Promise<UvsctlResult>;
}

/** Writes the credential to a fresh directory. */
export async function makeOperator(credential: Credential): Promise<Operator> {
  const directory = await mkdtemp(join(tmpdir(), 'uvsctl-test-'));
  const credentialPath = join(directory, 'credential.json');
  await writeCredential(credentialPath, credential);
  return {
    directory,
    credentialPath,
    run: async (arguments_, options = {}) => {
      const terminal = capturedTerminal(options);
      const code = await runUvsctl({
        arguments: arguments_,
        environment: { HOME: directory, UVS_CREDENTIAL: credentialPath },
        terminal,
        signal: options.signal ?? new AbortController().signal,
        version: '0.0.0-test',
      });
      return { code, out: terminal.out, err: terminal.err, terminal };
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
