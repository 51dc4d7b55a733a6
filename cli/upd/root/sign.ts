import type { Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import { signBytes, type SigningKey } from '../../../common/upd/keys.ts';
import { readSigningKeys } from '../files.ts';
import { printResult, type Output } from '../output.ts';
import { demandsOf, describeDemands, isMet, type Demand } from './demands.ts';
import { describeChanges } from './describe.ts';
import { newestLink, readTrustFile, replaceTrustFile, withSignatures, type TrustFile, type TrustLink } from './trust-file.ts';
import { demandTrusted, trustedOf, type TrustOptions } from './trusted-root.ts';

interface SignOptions extends TrustOptions {
  readonly key: readonly string[];
  readonly json?: true;
}

interface MergeOptions {
  readonly json?: true;
}

/** `upd root sign` and `upd root merge`: signatures of several people, none of whom ever gives away a key. */
export function addRootSign(root: Command, output: Output): void {
  root
    .command('sign')
    .description('add a signature to the newest root file of a chain; show it first')
    .argument('<chain>', 'the chain that "upd root next" has written; it is changed')
    .requiredOption('--key <key...>', 'root keys of the old or the new version')
    .option('--root <file>', 'the root file that you trust, of any version before')
    .option('--sha256 <hex>', 'or its sha256, of a version that the chain holds')
    .option('--json', 'print JSON')
    .action(async (path: string, options: SignOptions) => {
      const file = await readTrustFile(path);
      const keys = await readSigningKeys(options.key, output);
      const { signed } = newestLink(file);
      const before = demandDraft(file, path);
      demandTrusted(file, before, path, await trustedOf(file, path, options));
      for (const { key, path: keyPath } of keys) demandMaySign(file, key, keyPath);
      const added = keys.map(({ key }) => signBytes('root', signed.bytes, key));
      const changed = withSignatures(file, [...signed.signatures, ...added]);
      // before anything is written: a signature that does not hold would spoil the chain for everybody
      const demands = demandsOf(changed);
      await replaceTrustFile(path, changed);
      report(output, options.json === true, path, changed, demands);
    });
  root
    .command('merge')
    .description('take the signatures that others have added to copies of the same chain')
    .argument('<chain>', 'the chain that is changed')
    .argument('<copies...>', 'the copies that others have signed')
    .option('--json', 'print JSON')
    .action(async (path: string, copies: readonly string[], options: MergeOptions) => {
      const file = await readTrustFile(path);
      const { signed } = newestLink(file);
      const signatures = new Map(signed.signatures.map((one) => [one.keyId, one]));
      for (const copy of copies) {
        const other = newestLink(await readTrustFile(copy));
        if (!Buffer.from(other.signed.bytes).equals(signed.bytes)) {
          throw new UvsError(
            'CONFLICT',
            `${copy} ends with another root file than ${path}: version ${other.trusted.root.version}, ${other.trusted.sha256}.`,
            {
              hint: 'Merge only copies of one draft; "upd root show" says what each of them holds.',
            },
          );
        }
        // others count nowhere, and too many of them would make a chain that nobody reads
        for (const one of other.signed.signatures) if (isRootKey(file, one.keyId)) signatures.set(one.keyId, one);
      }
      const changed = withSignatures(file, [...signatures.values()]);
      const demands = demandsOf(changed);
      await replaceTrustFile(path, changed);
      report(output, options.json === true, path, changed, demands);
    });
}

/** The version that the newest one of a chain follows. @throws UvsError INVALID_ARGUMENT where there is none */
function demandDraft(file: TrustFile, path: string): TrustLink {
  const before = file.at(-2);
  if (before !== undefined) return before;
  const { version } = newestLink(file).trusted.root;
  throw new UvsError(
    'INVALID_ARGUMENT',
    `${path} holds a first root file, version ${version}: it is not signed, but trusted by its sha256.`,
    { hint: 'Draft the next version with "upd root next", and sign that.' },
  );
}

/** @throws UvsError KEY_UNKNOWN, ALREADY_EXISTS */
function demandMaySign(file: TrustFile, { keyId }: SigningKey, keyPath: string): void {
  const { signed, trusted } = newestLink(file);
  const { version } = trusted.root;
  if (signed.signatures.some((one) => one.keyId === keyId)) {
    throw new UvsError('ALREADY_EXISTS', `${keyPath} (${keyId}) has signed version ${version} already.`, {
      hint: 'One key counts once; another person signs with another one.',
    });
  }
  if (isRootKey(file, keyId)) return;
  const roles = (['vendor', 'site'] as const).filter((name) => trusted.root[name]?.keys.some((key) => key.keyId === keyId) === true);
  throw new UvsError(
    'KEY_UNKNOWN',
    `${keyPath} (${keyId}) is ${roles.length === 0 ? 'no key' : `a ${roles.join(' and ')} key, and no root key,`} of version ${version} or the one before.`,
    { hint: 'Root files are signed by root keys; "upd root show" names them.', details: { keyId } },
  );
}

/** Whether a key has a say in the newest version: by itself, or by the one before. */
function isRootKey(file: TrustFile, keyId: string): boolean {
  return file.slice(-2).some(({ trusted }) => trusted.root.root.keys.some((key) => key.keyId === keyId));
}

function report(output: Output, isJson: boolean, path: string, file: TrustFile, demands: readonly Demand[]): void {
  const isComplete = demands.every(isMet);
  const { trusted } = newestLink(file);
  const before = file.at(-2);
  printResult(output, isJson, { chain: path, version: trusted.root.version, sha256: trusted.sha256, isComplete, demands }, [
    `Root file  ${path}, version ${trusted.root.version}${isComplete ? '' : ', which is not complete yet'}`,
    `sha256     ${trusted.sha256}`,
    ...(before === undefined ? [] : ['Changes', ...describeChanges(before.trusted.root, trusted.root)]),
    'Signatures',
    ...describeDemands(demands),
  ]);
}
