import type { Command } from 'commander';
import { UvsError } from '../../common/errors.ts';
import { encodePublicKey } from '../../common/upd/keys.ts';
import { writeNewFile } from '../new-files.ts';
import { readSigningKeys } from './files.ts';
import { printResult, type Output } from './output.ts';

interface PubkeyOptions {
  readonly out?: string;
  readonly json?: true;
}

/** `upd pubkey`: writes the public key of a private one, which can always be made again. */
export function addPubkey(program: Command, output: Output): void {
  program
    .command('pubkey')
    .description('write the public key of a private one again, where its .pub file is missing')
    .argument('<file>', 'private key, NAME.key')
    .option('-o, --out <file>', 'the file to write, which is not there yet (NAME.pub beside the private key, unless told)')
    .option('--json', 'print JSON')
    .action(async (path: string, options: PubkeyOptions) => {
      const out = options.out ?? besideKey(path);
      const [named] = await readSigningKeys([path], output);
      if (named === undefined) return;
      await writeNewFile(out, encodePublicKey(named.key), 0o644);
      printResult(output, options.json === true, { keyId: named.key.keyId, public: out }, [
        `Key id       ${named.key.keyId}`,
        `Public key   ${out} (for "upd root init" and "upd root next")`,
      ]);
    });
}

function besideKey(path: string): string {
  if (path.endsWith('.key')) return `${path.slice(0, -'.key'.length)}.pub`;
  throw new UvsError('INVALID_ARGUMENT', `${path} is not called NAME.key, so that nothing says what its public key is called.`, {
    hint: 'Name the file to write with --out.',
  });
}
