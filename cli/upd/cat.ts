import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Command } from 'commander';
import { UvsError } from '../../common/errors.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import type { Manifest, PutFile } from '../../common/upd/manifest.ts';
import { openPackage, type OpenedPackage } from '../../common/upd/open.ts';
import { checkContentKey, unwrapContentKey } from '../../common/upd/recipients.ts';
import { streamContents } from '../../common/upd/segments.ts';
import type { PackageSource } from '../../common/upd/source.ts';
import { writeNewFile } from '../new-files.ts';
import { readIdentities } from './files.ts';
import { readNewestRoot } from './known-root.ts';
import type { Output } from './output.ts';

interface CatOptions {
  readonly root: string;
  readonly identity?: string;
  readonly out?: string;
}

/** `upd cat`: one file out of a package, e.g. to put back on a node what was edited there. */
export function addCat(program: Command, output: Output, signal: AbortSignal): void {
  program
    .command('cat')
    .description('write one file of a package to standard output, once the signatures hold; each byte is verified')
    .argument('<file>', 'the package')
    .argument('<path>', 'of the file on the node, as "upd inspect --files" lists it')
    .requiredOption('--root <file>', 'the root file that is trusted, or a chain whose first version is')
    .option('--identity <file>', 'an identity that it is encrypted for')
    .option(
      '-o, --out <file>',
      'write a file that is not there yet, under its name only once it is whole; its owner and mode are yours to set',
    )
    .action(async (path: string, wanted: string, options: CatOptions) => {
      if (options.out === undefined && output.out.isTTY === true) {
        throw new UvsError('INVALID_ARGUMENT', 'What a file of a package holds is not shown on a terminal, which could obey it.', {
          hint: 'Name a file to write with --out, or send it on: upd cat … | less',
        });
      }
      const root = await readNewestRoot(options.root);
      await using source = await openFileSource(path);
      const pkg = await openPackage(source, { root }, signal);
      const entry = fileIn(pkg.manifest, wanted, path);
      const contentKey =
        pkg.manifest.encryption !== undefined && options.identity !== undefined
          ? await unwrapContentKey(pkg.recipients, ...(await readIdentities(options.identity, output)))
          : undefined;
      if (pkg.manifest.encryption !== undefined && contentKey === undefined) throw identityMissing(path);
      checkContentKey(pkg.manifest, contentKey);
      const content = provenContent(source, pkg, entry, contentKey, signal);
      if (options.out !== undefined) {
        await writeNewFile(options.out, content, 0o600);
        return;
      }
      for await (const bytes of content) if (!output.out.write(Buffer.from(bytes))) await once(output.out, 'drain');
    });
}

/** Packages of a cluster are encrypted for it, and who has a file of one to put back may not know where its identity lies. */
function identityMissing(path: string): UvsError {
  return new UvsError('KEY_MISSING', `${path} is encrypted, and no identity is given that opens it.`, {
    hint: "Name one that it is encrypted for with --identity: a cluster's is /etc/uvs/package-identity.age on its coordinators, where this can be run.",
  });
}

/** @throws UvsError NOT_FOUND, INVALID_ARGUMENT (no file) */
function fileIn(manifest: Manifest, wanted: string, packagePath: string): PutFile {
  const name = wanted.replace(/^\/+/u, '');
  const entry = manifest.files.find(({ path }) => path === name);
  if (entry === undefined) {
    throw new UvsError('NOT_FOUND', `${packagePath} has no /${name}.`, { hint: `See what it has: upd inspect ${packagePath} --files` });
  }
  if (entry.op === 'put' && entry.type === 'file') return entry;
  const what = entry.op === 'remove' ? 'is removed' : entry.type === 'directory' ? 'is a directory' : `is a symbolic link to ${entry.link}`;
  throw new UvsError('INVALID_ARGUMENT', `/${name} ${what} in ${packagePath}, and has no content.`, { hint: 'Name a file.' });
}

/** The bytes of a file, of which the last comes only where all of them have the signed hash. @throws UvsError PACKAGE_CORRUPT */
async function* provenContent(
  source: PackageSource,
  pkg: OpenedPackage,
  entry: PutFile,
  contentKey: Uint8Array | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256');
  for await (const { bytes, isLast } of streamContents(source, pkg, [entry], contentKey, signal)) {
    hash.update(bytes);
    if (isLast && hash.digest('hex') !== entry.sha256) {
      throw new UvsError('PACKAGE_CORRUPT', `The content of /${entry.path} does not have the hash that the manifest states.`, {
        hint: 'The package was badly made; have it built again.',
      });
    }
    yield bytes;
  }
}
