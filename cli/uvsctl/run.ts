import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Command, CommanderError } from 'commander';
import { readCredential, type Credential } from '../../common/credential.ts';
import { abortError } from '../../common/deadline.ts';
import { toUvsError, UvsError } from '../../common/errors.ts';
import { CoordinatorClient } from '../../common/rpc/client.ts';
import { apiFiles } from '../../proto/files.ts';
import { loadCalls } from '../../proto/load-calls.ts';
import { EXIT_OK, exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../output/terminal.ts';
import type { Run } from './context.ts';
import { CoordinatorAddresses } from './coordinator-addresses.ts';
import { explainError } from './explain.ts';
import { LearningApi } from './learning-api.ts';
import { makeProgram } from './program.ts';
import { usageError } from '../usage-error.ts';
import { asksForJson, usageHint } from './usage.ts';

export interface RunOptions {
  /** Without the names of the runtime and of the program. */
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly version: string;
}

interface GlobalOptions {
  readonly credential?: string;
  readonly json?: true;
  readonly timeout: number;
}

/** Runs one command line to its end. Returns the exit code; nothing is thrown. */
export async function runUvsctl(options: RunOptions): Promise<number> {
  const { environment, terminal, signal } = options;
  let exitCode: number = EXIT_OK;
  let credential: Credential | undefined;
  const run: Run =
    (handler) =>
    async (...given) => {
      const { credential: path, json, timeout } = program.opts<GlobalOptions>();
      const credentialPath = pathOfCredential(path, environment);
      credential = await readOperatorCredential(credentialPath);
      const addresses = await CoordinatorAddresses.open(credential, credentialPath);
      using client = new CoordinatorClient(credential, { definition: loadCalls(apiFiles), addresses: () => addresses.all() });
      await using api = new LearningApi({
        api: client,
        signal,
        now: () => performance.now(),
        learn: (told) => addresses.learn(told),
      });
      const code = await handler(
        {
          terminal,
          isJson: json === true,
          api,
          credential,
          signal,
          callLimits: { deadlineMs: timeout * 1000, signal },
          now: () => performance.now(),
          newRequestId: randomUUID,
        },
        ...given,
      );
      exitCode = code ?? EXIT_OK;
    };
  const program = makeProgram(run, options.version);
  const isJson = asksForJson(options.arguments);
  const writeErr = (text: string): void => {
    if (!isJson) terminal.note(text.trimEnd());
  };
  // what is wrong with a command line is told below, as every other error is
  const output = { writeOut: terminal.write, writeErr, outputError: () => undefined };
  let concerned = program;
  for (const command of withSubcommands(program)) {
    const remember = (error: CommanderError): never => {
      concerned = command;
      throw error;
    };
    command.exitOverride(remember).configureOutput(output);
  }
  try {
    await program.parseAsync(options.arguments, { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return EXIT_OK;
      // a group without a command has shown its help
      if (isJson || thrown.code !== 'commander.help')
        terminal.note(explainError(usageError(thrown, usageHint(concerned)), { identity: undefined, isJson }));
      return exitCodes.INVALID_ARGUMENT;
    }
    const error = signal.aborted ? abortError(signal, 'the command') : toUvsError(thrown);
    terminal.note(explainError(error, { identity: credential?.identity, isJson }));
    return exitCodes[error.reason];
  }
}

function pathOfCredential(option: string | undefined, environment: RunOptions['environment']): string {
  return option ?? environment['UVS_CREDENTIAL'] ?? join(environment['HOME'] ?? homedir(), '.config', 'uvs', 'credential.json');
}

async function readOperatorCredential(path: string): Promise<Credential> {
  const isThere = await access(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  if (!isThere) {
    throw new UvsError('CONFIG_INVALID', `there is no credential file ${path === '' ? '(its name is empty)' : path}`, {
      hint: 'Name one with --credential FILE or UVS_CREDENTIAL. `uvs-coordinator init` makes the first, `uvsctl credentials issue` further ones.',
    });
  }
  return await readCredential(path);
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap((sub) => withSubcommands(sub))];
}
