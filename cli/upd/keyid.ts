import type { Command } from 'commander';
import { readPublicKey } from './files.ts';
import { printResult, type Output } from './output.ts';

interface KeyidOptions {
  readonly json?: true;
}

/** `upd keyid`: the ids by which root files and packages name public keys. */
export function addKeyid(program: Command, output: Output): void {
  program
    .command('keyid')
    .description('print the ids of public keys, by which "upd root show", "upd inspect" and errors name them')
    .argument('<file...>', 'public keys, NAME.pub')
    .option('--json', 'print JSON')
    .action(async (files: readonly string[], options: KeyidOptions) => {
      const keys: { readonly file: string; readonly keyId: string }[] = [];
      for (const file of files) keys.push({ file, keyId: (await readPublicKey(file)).keyId });
      printResult(
        output,
        options.json === true,
        { keys },
        keys.map(({ file, keyId }) => `${keyId}  ${file}`),
      );
    });
}
