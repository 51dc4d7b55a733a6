import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { UvsError } from '../../common/errors.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { readUnverified } from '../../common/upd/open.ts';
import { parseRootChain } from '../../common/upd/root.ts';
import { writePackage } from '../../common/upd/writer.ts';
import { readSigningKey, readSmallFile } from './files.ts';
import { printResult, progressLine, wholeNumber, type Output } from './output.ts';
import { parseBuildSpec, type BuildSpec } from './spec-schema.ts';
import { toPackageSpec, type Base } from './spec.ts';
import { SPEC_HELP } from './spec-help.ts';

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
    .requiredOption('-o, --out <file>', 'the package to write')
    .requiredOption('--key <key...>', 'private keys to sign with')
    .option('--recipient <age1...>', 'encrypt for these age recipients')
    .option('--root-chain <file>', 'root files that lead from older roots to the newest one')
    .option('--level <n>', 'zstd level, 1 to 19', '9')
    .option('--id <hex>', 'package id of an unencrypted build, 32 hex digits (derived from the content unless told)')
    .option('--json', 'print JSON')
    .addHelpText('after', SPEC_HELP)
    .action(async (specPath: string, options: BuildOptions) => {
      const spec = parseBuildSpec((await readSmallFile(specPath)).toString('utf8'), specPath);
      const directory = dirname(resolve(specPath));
      const keys = await Promise.all(options.key.map((path) => readSigningKey(path)));
      const base = await readBase(spec, directory, signal);
      const packageSpec = toPackageSpec(spec, directory, base);
      using progress = progressLine(output, 'Packing');
      const written = await writePackage(
        options.out,
        packageSpec,
        {
          keys,
          recipients: options.recipient ?? [],
          ...(options.rootChain === undefined ? {} : { rootChain: await readRootChain(options.rootChain) }),
          level: levelOf(options.level),
          ...(options.id === undefined ? {} : { id: options.id }),
          onProgress: ({ plainBytes, totalBytes }) => progress.show(plainBytes, totalBytes),
        },
        signal,
      );
      progress[Symbol.dispose]();
      printResult(output, options.json === true, { file: options.out, ...written }, [
        `Package    ${options.out}, ${spec.product} ${spec.version}`,
        `Digest     ${written.digest}`,
        `Manifest   ${written.manifestHash}`,
        `Id         ${written.id}`,
        `Size       ${written.sizeBytes} bytes from ${written.plainBytes}, ${written.fileCount} paths, ${written.segmentCount} segments`,
        `Encrypted  ${options.recipient === undefined ? 'no' : `for ${options.recipient.length} recipient(s)`}`,
      ]);
    });
}

function levelOf(text: string): number {
  const level = wholeNumber(text, '--level');
  if (level >= 1 && level <= 19) return level;
  throw new UvsError('INVALID_ARGUMENT', `--level takes 1 to 19, not ${level}.`);
}

async function readRootChain(path: string): Promise<Uint8Array> {
  const bytes = await readSmallFile(path);
  parseRootChain(bytes);
  return bytes;
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
