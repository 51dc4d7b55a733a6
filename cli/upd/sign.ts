import type { Command } from 'commander';
import { UvsError } from '../../common/errors.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { signBytes, type Signature } from '../../common/upd/keys.ts';
import { readUnverified, type UnverifiedPackage } from '../../common/upd/open.ts';
import { replaceParts } from '../../common/upd/replace-parts.ts';
import type { TrustedRoot } from '../../common/upd/root.ts';
import { encodeSignatures, parseSignatures } from '../../common/upd/signatures.ts';
import { verifyStored } from '../../common/upd/verify.ts';
import { writeNewFile } from '../new-files.ts';
import { readSigningKeys, readSmallFile } from './files.ts';
import { carriedRoot, readNewestRoot } from './known-root.ts';
import { printResult, type Output } from './output.ts';
import { readRootChain } from './root-chain.ts';
import { demandCounts, describeStatus, isSigned, signatureStatus, type RoleStatus } from './signature-status.ts';

interface SignOptions {
  readonly key?: readonly string[];
  readonly signature?: readonly string[];
  readonly detached?: string;
  readonly root?: string;
  readonly rootChain?: string;
  readonly json?: true;
}

/** `upd sign`: adds signatures to a package that is built, by people who each have a key of their own. */
export function addSign(program: Command, output: Output, signal: AbortSignal): void {
  program
    .command('sign')
    .description('add signatures to a package; what it brings stays the same, its digest does not')
    .argument('<file>', 'the package; it is changed, but with --detached')
    .option('--key <key...>', 'private keys to sign with')
    .option('--signature <file...>', 'signatures that others have made with --detached')
    .option('--detached <file>', 'write the signatures of --key into a file, and leave the package as it is')
    .option('--root <file>', 'the newest root file or a chain: says whether a key counts, and how many are missing')
    .option('--root-chain <file>', 'carry this chain of root files from now on')
    .option('--json', 'print JSON')
    .action(async (path: string, options: SignOptions) => {
      const { key = [], signature = [], detached, rootChain } = options;
      demandSense(options);
      const pkg = await readSound(path, signal);
      const chain = rootChain === undefined ? undefined : await readRootChain(rootChain);
      const root = options.root === undefined ? carriedRoot(chain ?? pkg.rootChain, path) : await readNewestRoot(options.root);
      const made = await signWith(pkg, key, root, output);
      if (detached !== undefined) {
        await writeNewFile(detached, encode(made), 0o644);
        const keyIds = made.map(({ keyId }) => keyId);
        printResult(output, options.json === true, { signatures: detached, manifestHash: pkg.manifestHash, keyIds }, [
          `Signatures ${detached}, by ${keyIds.join(', ')}`,
          `Manifest   ${pkg.manifestHash}`,
          `Whoever puts them together: upd sign ${path} --signature ${detached}`,
        ]);
        return;
      }
      const signatures = united(pkg.claimedSigners, [...made, ...(await readSignatures(signature))]);
      // before anything is written: one that does not hold would make the package refused everywhere
      const status = root === undefined ? undefined : signatureStatus(root, pkg.manifest.product, pkg.manifestBytes, signatures);
      const parts = { signatures: encode(signatures), ...(chain === undefined ? {} : { rootChain: chain }) };
      const written = await replaceParts(path, path, parts, signal);
      const keyIds = signatures.map(({ keyId }) => keyId);
      printResult(
        output,
        options.json === true,
        { file: path, ...written, manifestHash: pkg.manifestHash, keyIds, ...statusJson(root, status) },
        [
          `Package    ${path}, ${pkg.manifest.product} ${pkg.manifest.version}`,
          `Digest     ${written.digest}`,
          `Manifest   ${pkg.manifestHash}`,
          `Signed by  ${keyIds.join(', ')}`,
          ...statusLines(root, status, pkg.manifest.product),
        ],
      );
    });
}

/** For the JSON of commands that tell how far a package is signed. */
export function statusJson(root: TrustedRoot | undefined, status: readonly RoleStatus[] | undefined): object {
  return root === undefined || status === undefined ? {} : { rootVersion: root.root.version, isSigned: isSigned(status), roles: status };
}

/** The same for people. */
export function statusLines(root: TrustedRoot | undefined, status: readonly RoleStatus[] | undefined, product: string): readonly string[] {
  if (root === undefined || status === undefined) return [];
  return [`Under root file version ${root.root.version}`, ...describeStatus(status, product)];
}

function demandSense({ key, signature, detached, rootChain }: SignOptions): void {
  if (key === undefined && signature === undefined && rootChain === undefined) {
    throw new UvsError('INVALID_ARGUMENT', 'There is nothing to add: no --key, no --signature, no --root-chain.', {
      hint: 'Name a private key with --key, or a file of signatures with --signature.',
    });
  }
  if (detached !== undefined && (key === undefined || signature !== undefined || rootChain !== undefined)) {
    throw new UvsError('INVALID_ARGUMENT', '--detached writes the signatures of --key and nothing else.', {
      hint: 'Give --key with it, and neither --signature nor --root-chain.',
    });
  }
}

/** What is signed is what is vouched for: a package that was damaged on its way is found here, not on the nodes. */
async function readSound(path: string, signal: AbortSignal): Promise<UnverifiedPackage> {
  await using source = await openFileSource(path);
  const pkg = await readUnverified(source, signal);
  await verifyStored(source, pkg, signal);
  return pkg;
}

async function signWith(
  pkg: UnverifiedPackage,
  paths: readonly string[],
  root: TrustedRoot | undefined,
  output: Output,
): Promise<readonly Signature[]> {
  const { product } = pkg.manifest;
  const keys = await readSigningKeys(paths, output);
  for (const named of keys) {
    if (pkg.claimedSigners.some(({ keyId }) => keyId === named.key.keyId)) {
      throw new UvsError('ALREADY_EXISTS', `${named.path} (${named.key.keyId}) has signed this package already.`, {
        hint: 'One key counts once; another person signs with another one.',
      });
    }
    if (root !== undefined) demandCounts(signatureStatus(root, product, pkg.manifestBytes, pkg.claimedSigners), named, root, product);
  }
  return keys.map(({ key }) => signBytes('manifest', pkg.manifestBytes, key));
}

async function readSignatures(paths: readonly string[]): Promise<readonly Signature[]> {
  const lists = await Promise.all(paths.map(async (path) => parseSignatures(await readSmallFile(path))));
  return lists.flat();
}

function united(before: readonly Signature[], added: readonly Signature[]): readonly Signature[] {
  return [...new Map([...before, ...added].map((one) => [one.keyId, one])).values()];
}

function encode(signatures: readonly Signature[]): Uint8Array {
  return Buffer.from(JSON.stringify(encodeSignatures(signatures)));
}
