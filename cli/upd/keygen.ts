import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { Command } from 'commander';
import { UvsError } from '../../common/errors.ts';
import { encodePublicKey, encodeSigningKey, generateSigningKey } from '../../common/upd/keys.ts';
import { isTaken, writeNewFile, writeNewFiles } from '../new-files.ts';
import { printResult, type Output } from './output.ts';
import { newPassphrase, sealSecret } from './secret-file.ts';

interface KeygenOptions {
  readonly encryption?: true;
  readonly passphrase?: true;
  readonly json?: true;
}

/** `upd keygen`: makes a signing key, or an identity that packages can be encrypted for. */
export function addKeygen(program: Command, output: Output): void {
  program
    .command('keygen')
    .description('make a key: NAME.key and NAME.pub to sign with, or NAME.identity to encrypt for')
    .argument('<name>', 'path of the files without their endings')
    .option('--encryption', 'make an age identity instead of a signing key')
    .option('--passphrase', 'encrypt the secret with a passphrase, in the age format; UPD_PASSPHRASE_FILE may name a file that holds it')
    .option('--json', 'print JSON')
    .action(async (name: string, options: KeygenOptions) => {
      await (options.encryption === true ? makeIdentity(name, options, output) : makeSigningKey(name, options, output));
    });
}

/** What is written of a secret: as it is, or encrypted. */
async function sealed(secret: string, path: string, { passphrase }: KeygenOptions, output: Output): Promise<string> {
  return passphrase === true ? await sealSecret(secret, await newPassphrase(path, output)) : secret;
}

async function makeSigningKey(name: string, options: KeygenOptions, output: Output): Promise<void> {
  const key = generateSigningKey();
  const files = { private: `${name}.key`, public: `${name}.pub` };
  await demandNoHalf(files);
  // the private one has its name first: where it is left alone, the other is made from it
  await writeNewFiles([
    { path: files.private, content: await sealed(encodeSigningKey(key), files.private, options, output), mode: 0o600 },
    { path: files.public, content: encodePublicKey(key), mode: 0o644 },
  ]);
  printResult(output, options.json === true, { keyId: key.keyId, ...files }, [
    `Key id       ${key.keyId}`,
    `Private key  ${files.private} (keep it secret)`,
    `Public key   ${files.public} (for "upd root init" and "upd root next")`,
  ]);
}

/** Says what to do with a private key whose public one is missing, as a keygen that was killed leaves it. @throws UvsError ALREADY_EXISTS */
async function demandNoHalf(files: { readonly private: string; readonly public: string }): Promise<void> {
  if (!(await isTaken(files.private)) || (await isTaken(files.public))) return;
  throw new UvsError('ALREADY_EXISTS', `${files.private} exists without ${files.public}, and is left as it is.`, {
    hint: `If it is yours, have its public key written: upd pubkey ${files.private}. Else choose another name, or move it away.`,
  });
}

async function makeIdentity(name: string, options: KeygenOptions, output: Output): Promise<void> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const path = `${name}.identity`;
  await writeNewFile(path, await sealed(`# public key: ${recipient}\n${identity}\n`, path, options, output), 0o600);
  printResult(output, options.json === true, { recipient, identity: path }, [
    `Recipient    ${recipient} (for "upd build --recipient")`,
    `Identity     ${path} (keep it secret)`,
  ]);
}
