import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { Command } from 'commander';
import { encodePublicKey, encodeSigningKey, generateSigningKey } from '../../common/upd/keys.ts';
import { writeNewFile } from './files.ts';
import { printResult, type Output } from './output.ts';

interface KeygenOptions {
  readonly encryption?: true;
  readonly json?: true;
}

/** `upd keygen`: makes a signing key, or an identity that packages can be encrypted for. */
export function addKeygen(program: Command, output: Output): void {
  program
    .command('keygen')
    .description('make a key: NAME.key and NAME.pub to sign with, or NAME.identity to encrypt for')
    .argument('<name>', 'path of the files without their endings')
    .option('--encryption', 'make an age identity instead of a signing key')
    .option('--json', 'print JSON')
    .action(async (name: string, options: KeygenOptions) => {
      await (options.encryption === true ? makeIdentity(name, options, output) : makeSigningKey(name, options, output));
    });
}

async function makeSigningKey(name: string, { json }: KeygenOptions, output: Output): Promise<void> {
  const key = generateSigningKey();
  const files = { private: `${name}.key`, public: `${name}.pub` };
  await writeNewFile(files.private, encodeSigningKey(key), 0o600);
  await writeNewFile(files.public, encodePublicKey(key), 0o644);
  printResult(output, json === true, { keyId: key.keyId, ...files }, [
    `Key id       ${key.keyId}`,
    `Private key  ${files.private} (keep it secret)`,
    `Public key   ${files.public} (for "upd root init")`,
  ]);
}

async function makeIdentity(name: string, { json }: KeygenOptions, output: Output): Promise<void> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const path = `${name}.identity`;
  await writeNewFile(path, `# public key: ${recipient}\n${identity}\n`, 0o600);
  printResult(output, json === true, { recipient, identity: path }, [
    `Recipient    ${recipient} (for "upd build --recipient")`,
    `Identity     ${path} (keep it secret)`,
  ]);
}
