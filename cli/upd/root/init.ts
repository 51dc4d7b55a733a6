import type { Command } from 'commander';
import * as v from 'valibot';
import { UvsError } from '../../../common/errors.ts';
import type { PublicKey } from '../../../common/upd/keys.ts';
import { encodeRoot, parseRoot, productName, type PackageRoleRules, type Root, type TrustedRoot } from '../../../common/upd/root.ts';
import { writeNewFile } from '../../new-files.ts';
import { readPublicKey } from '../files.ts';
import { printResult, wholeNumber, type Output } from '../output.ts';

interface RootInitOptions {
  readonly out: string;
  readonly key: readonly string[];
  readonly threshold: string;
  readonly product: readonly string[];
  readonly rootKey?: readonly string[];
  readonly rootThreshold?: string;
  readonly siteKey?: readonly string[];
  readonly siteThreshold: string;
  readonly beginAt: string;
  readonly siteProduct?: readonly string[];
  readonly json?: true;
}

/** `upd root init`: writes the first root file, which says whose signatures count. */
export function addRootInit(root: Command, output: Output): void {
  root
    .command('init')
    .description('write the first root file: whose signatures count, for which products. Machines that trust it pin its sha256')
    .requiredOption('-o, --out <file>', 'the root file to write')
    .requiredOption('--key <pub...>', "public keys of the vendor, the maker of packages ('upd keygen')")
    .option('--threshold <n>', 'how many of them must sign a package', '1')
    .requiredOption('--product <name...>', 'products that they may sign')
    .option('--root-key <pub...>', 'public keys that must sign the next root file (the vendor keys unless told)')
    .option('--root-threshold <n>', 'how many of them must sign it')
    .option('--site-key <pub...>', "public keys for an operator's own packages")
    .option('--site-threshold <n>', 'how many of them must sign a package', '1')
    .option('--site-product <name...>', 'products that they may sign')
    .option('--begin-at <n>', 'of a root file that begins anew because the root keys are lost: one above the last', '1')
    .option('--json', 'print JSON')
    .action(async (options: RootInitOptions) => {
      const trusted = checkedRoot(await toRoot(options));
      await writeNewFile(options.out, trusted.bytes, 0o644);
      printResult(output, options.json === true, { root: options.out, version: trusted.root.version, sha256: trusted.sha256 }, [
        `Root file  ${options.out}, version ${trusted.root.version}`,
        `sha256     ${trusted.sha256}`,
      ]);
    });
}

/** What is wrong with the root here was wrong on the command line. @throws UvsError INVALID_ARGUMENT */
export function checkedRoot(root: Root): TrustedRoot {
  try {
    return parseRoot(encodeRoot(root));
  } catch (error) {
    if (!(error instanceof UvsError) || error.reason !== 'ROOT_INVALID') throw error;
    throw new UvsError('INVALID_ARGUMENT', `No root file can be made of this: ${error.message}`, {
      cause: error,
      hint: 'See "upd root init --help" and "upd root next --help" for what each option takes.',
    });
  }
}

async function toRoot(options: RootInitOptions): Promise<Root> {
  const vendorKeys = await readKeys(options.key);
  const threshold = wholeNumber(options.threshold, '--threshold');
  const rootKeys = options.rootKey === undefined ? vendorKeys : await readKeys(options.rootKey);
  const rootThreshold =
    options.rootThreshold === undefined
      ? options.rootKey === undefined
        ? threshold
        : 1
      : wholeNumber(options.rootThreshold, '--root-threshold');
  const site = await siteRules(options);
  return {
    format: 1,
    version: wholeNumber(options.beginAt, '--begin-at'),
    root: { keys: rootKeys, threshold: rootThreshold },
    vendor: { keys: vendorKeys, threshold, products: checkedProducts('--product', options.product) },
    ...(site === undefined ? {} : { site }),
  };
}

/** @throws UvsError INVALID_ARGUMENT naming the option and the name */
export function checkedProducts(option: string, names: readonly string[]): readonly string[] {
  for (const name of names) {
    const { issues } = v.safeParse(productName, name);
    if (issues === undefined) continue;
    throw new UvsError('INVALID_ARGUMENT', `${option}: "${name}" is no product's name: ${issues[0].message}.`, {
      hint: 'Use the name that the build specs have as their product, e.g. uvs.',
    });
  }
  return names;
}

async function siteRules({ siteKey, siteThreshold, siteProduct }: RootInitOptions): Promise<PackageRoleRules | undefined> {
  if (siteKey === undefined && siteProduct === undefined) return undefined;
  if (siteKey === undefined || siteProduct === undefined) {
    throw new UvsError('INVALID_ARGUMENT', '--site-key and --site-product go together.', { hint: 'Give both or none.' });
  }
  return {
    keys: await readKeys(siteKey),
    threshold: wholeNumber(siteThreshold, '--site-threshold'),
    products: checkedProducts('--site-product', siteProduct),
  };
}

async function readKeys(paths: readonly string[]): Promise<readonly PublicKey[]> {
  return Promise.all(paths.map((path) => readPublicKey(path)));
}
