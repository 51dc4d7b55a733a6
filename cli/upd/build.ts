import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { UvsError } from '../../common/errors.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { readUnverified } from '../../common/upd/open.ts';
import type { TrustedRoot } from '../../common/upd/root.ts';
import { writePackage } from '../../common/upd/writer.ts';
import { demandFree, nameNewFile } from '../new-files.ts';
import { formatCount } from '../output/quantity.ts';
import { readSigningKeys, readSmallFile } from './files.ts';
import { carriedRoot } from './known-root.ts';
import { printResult, progressLine, wholeNumber, type Output } from './output.ts';
import { readRootChain } from './root-chain.ts';
import { statusJson, statusLines } from './sign.ts';
import { demandCounts, signatureStatus, type RoleStatus } from './signature-status.ts';
import { parseBuildSpec, type BuildSpec } from './spec-schema.ts';
import { toPackageSpec, type Base } from './spec.ts';
import { SPEC_HELP } from './spec-help.ts';

/** On stderr: whoever forgot --recipient learns it before the file is anywhere, also where a script reads the result. */
const NOT_ENCRYPTED = 'upd: not encrypted: whoever gets the file can read it; --recipient encrypts it for a cluster';

interface BuildOptions {
  readonly out: string;
  readonly key: readonly string[];
  readonly recipient?: readonly string[];
  readonly rootChain?: string;
  readonly level: string;
  readonly id?: string;
  readonly json?: true;
}

/** `upd build`: makes a signed package from a spec. */
export function addBuild(program: Command, output: Output, signal: AbortSignal): void {
  program
    .command('build')
    .description('build a signed package from a spec')
    .argument('<spec>', 'the spec, a TOML file; paths in it are relative to it')
    .requiredOption('-o, --out <file>', 'the package to write, which is not there yet')
    .requiredOption('--key <key...>', 'private keys to sign with')
    .option('--recipient <age1...>', 'encrypt for these age recipients')
    .option('--root-chain <file>', 'root files that lead from older roots to the newest one')
    .option('--level <n>', 'zstd level, 1 to 19', '9')
    .option('--id <hex>', 'package id of an unencrypted build, 32 hex digits (derived from the content unless told)')
    .option('--json', 'print JSON')
    .addHelpText('after', SPEC_HELP)
    .action(async (specPath: string, options: BuildOptions) => {
      // at once: packing may take long, and what is there may be a key or a source
      await demandFree(options.out);
      const spec = parseBuildSpec((await readSmallFile(specPath)).toString('utf8'), specPath);
      const directory = dirname(resolve(specPath));
      const keys = await readSigningKeys(options.key, output);
      const rootChain = options.rootChain === undefined ? Buffer.alloc(0) : await readRootChain(options.rootChain);
      const root = carriedRoot(rootChain, options.rootChain ?? '');
      if (root !== undefined) {
        const nobody = signatureStatus(root, spec.product, Buffer.alloc(0), []);
        for (const key of keys) demandCounts(nobody, key, root, spec.product);
      }
      const base = await readBase(spec, directory, signal);
      const packageSpec = toPackageSpec(spec, directory, base);
      using progress = progressLine(output, 'Packing');
      const written = await writePackage(
        options.out,
        packageSpec,
        {
          keys: keys.map(({ key }) => key),
          recipients: options.recipient ?? [],
          rootChain,
          level: levelOf(options.level),
          ...(options.id === undefined ? {} : { id: options.id }),
          giveName: nameNewFile,
          onProgress: ({ plainBytes, totalBytes }) => progress.show(plainBytes, totalBytes),
        },
        signal,
      );
      progress[Symbol.dispose]();
      const status = root === undefined ? undefined : await statusOf(options.out, root, signal);
      printResult(output, options.json === true, { file: options.out, ...written, ...statusJson(root, status) }, [
        `Package    ${options.out}, ${spec.product} ${spec.version}`,
        `Digest     ${written.digest}`,
        `Manifest   ${written.manifestHash}`,
        `Id         ${written.id}`,
        `Size       ${written.sizeBytes} bytes from ${written.plainBytes}, ${formatCount(written.fileCount, 'path')}, ${formatCount(written.segmentCount, 'segment')}`,
        `Encrypted  ${options.recipient === undefined ? 'no' : `for ${formatCount(options.recipient.length, 'recipient')}`}`,
        ...statusLines(root, status, spec.product),
      ]);
      if (options.recipient === undefined) output.err.write(`${NOT_ENCRYPTED}\n`);
    });
}

async function statusOf(path: string, root: TrustedRoot, signal: AbortSignal): Promise<readonly RoleStatus[]> {
  await using source = await openFileSource(path);
  const { manifest, manifestBytes, claimedSigners } = await readUnverified(source, signal);
  return signatureStatus(root, manifest.product, manifestBytes, claimedSigners);
}

function levelOf(text: string): number {
  const level = wholeNumber(text, '--level');
  if (level >= 1 && level <= 19) return level;
  throw new UvsError('INVALID_ARGUMENT', `--level takes 1 to 19, not ${level}.`);
}

/** The base of a partial package: its manifest hash, or its file, of which the hash is taken. */
async function readBase(spec: BuildSpec, directory: string, signal: AbortSignal): Promise<Base | undefined> {
  if (spec.kind === 'full' && spec.base === undefined) return undefined;
  if (spec.kind === 'full' || spec.base === undefined) {
    throw new UvsError('CONFIG_INVALID', `The spec has kind "${spec.kind}" and ${spec.base === undefined ? 'no base' : 'a base'}.`, {
      hint: 'Exactly a partial package names the manifest that it builds on: base = "path of its .upd, or the manifest hash".',
    });
  }
  if (/^[0-9a-f]{64}$/.test(spec.base)) return { manifestHash: spec.base, manifest: undefined };
  await using source = await openFileSource(resolve(directory, spec.base));
  const { manifest, manifestHash } = await readUnverified(source, signal);
  if (manifest.product !== spec.product) {
    throw new UvsError('CONFIG_INVALID', `The base ${spec.base} is of product ${manifest.product}, the spec of ${spec.product}.`);
  }
  return { manifestHash, manifest };
}
