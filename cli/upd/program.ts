import { Command, CommanderError } from 'commander';
import { readProductVersion } from '../../common/product-version.ts';
import { EXIT_OK, exitCodes } from '../exit-codes.ts';
import { addBuild } from './build.ts';
import { addCat } from './cat.ts';
import { addExport } from './export.ts';
import { addInspect } from './inspect.ts';
import { addKeygen } from './keygen.ts';
import { addKeyid } from './keyid.ts';
import { addPubkey } from './pubkey.ts';
import { reportError, type Output } from './output.ts';
import { addRootInit } from './root/init.ts';
import { addRootNext } from './root/next.ts';
import { addRootShow } from './root/show.ts';
import { addRootSign } from './root/sign.ts';
import { addSign } from './sign.ts';
import { addVerify } from './verify.ts';
import { usageError } from '../usage-error.ts';

const USAGE_HINT = 'Run it with --help to see how it is used.';
const EXIT_CODES_HELP = `
Exit codes: 0 done, 1 a fault of this program, 2 a wrong command line or spec, 3 a file is missing or in the way,
4 the package is damaged or badly made, 5 it is not trusted or its key is missing, 6 it is of a product that the root file does not allow, 11 cancelled.
`;

/** Runs `upd` with its arguments and returns its exit code; nothing is thrown. */
export async function runUpd(args: readonly string[], output: Output, signal: AbortSignal): Promise<number> {
  const program = new Command('upd')
    .description('makes, shows and verifies .upd packages')
    .version(readProductVersion())
    .exitOverride()
    // what is wrong with a command line is told below, as every other error is
    .configureOutput({
      writeOut: (text) => output.out.write(text),
      writeErr: (text) => output.err.write(text),
      outputError: () => undefined,
    })
    .addHelpText('after', EXIT_CODES_HELP);
  addKeygen(program, output);
  addKeyid(program, output);
  addPubkey(program, output);
  const root = program.command('root').description('root files: whose signatures count');
  addRootInit(root, output);
  addRootNext(root, output);
  addRootSign(root, output);
  addRootShow(root, output);
  addBuild(program, output, signal);
  addSign(program, output, signal);
  addExport(program, output, signal);
  addInspect(program, output, signal);
  addVerify(program, output, signal);
  addCat(program, output, signal);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return EXIT_OK;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT_OK;
      return error.code === 'commander.help' ? exitCodes.INVALID_ARGUMENT : reportError(output, usageError(error, USAGE_HINT));
    }
    return reportError(output, signal.aborted ? signal.reason : error);
  }
}
