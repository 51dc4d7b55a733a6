import type { Command } from 'commander';
import { openFileSource } from '../../common/upd/file-source.ts';
import { openPackage } from '../../common/upd/open.ts';
import { checkContentKey, unwrapContentKey } from '../../common/upd/recipients.ts';
import { verifyContents, verifyStored } from '../../common/upd/verify.ts';
import { readIdentities } from './files.ts';
import { readNewestRoot } from './known-root.ts';
import { describeManifest } from './inspect.ts';
import { printResult, progressLine, type Output } from './output.ts';

interface VerifyOptions {
  readonly root: string;
  readonly identity?: string;
  readonly json?: true;
}

/** `upd verify`: proves a package from the first byte to the last. */
export function addVerify(program: Command, output: Output, signal: AbortSignal): void {
  program
    .command('verify')
    .description('verify a package from the first byte to the last')
    .argument('<file>', 'the package')
    .requiredOption('--root <file>', 'the root file that is trusted, or a chain whose first version is')
    .option(
      '--identity <file>',
      'an identity that it is encrypted for; without one only the stored bytes of an encrypted package are verified',
    )
    .option('--json', 'print JSON')
    .action(async (path: string, options: VerifyOptions) => {
      const root = await readNewestRoot(options.root);
      await using source = await openFileSource(path);
      const pkg = await openPackage(source, { root }, signal);
      const isEncrypted = pkg.manifest.encryption !== undefined;
      const contentKey =
        isEncrypted && options.identity !== undefined
          ? await unwrapContentKey(pkg.recipients, ...(await readIdentities(options.identity, output)))
          : undefined;
      const isWhole = !isEncrypted || contentKey !== undefined;
      if (isWhole) checkContentKey(pkg.manifest, contentKey);

      using progress = progressLine(output, 'Verifying');
      const show = ({ segments, totalSegments }: { segments: number; totalSegments: number }) => progress.show(segments, totalSegments);
      await (isWhole ? verifyContents(source, pkg, contentKey, signal, show) : verifyStored(source, pkg, signal, show));
      progress[Symbol.dispose]();

      const signers = pkg.signers.map(({ role, keyIds }) => `${role} ${keyIds.join(', ')}`).join('; ');
      printResult(
        output,
        options.json === true,
        {
          verified: isWhole ? 'contents' : 'stored bytes',
          manifestHash: pkg.manifestHash,
          product: pkg.manifest.product,
          version: pkg.manifest.version,
          signers: pkg.signers,
          rootVersion: pkg.root.root.version,
        },
        [
          ...describeManifest(pkg.manifest, pkg.manifestHash),
          `Signed by    ${signers}, under root file version ${pkg.root.root.version}`,
          isWhole
            ? 'Verified     signatures, every segment, every content'
            : 'Verified     signatures and the stored bytes; the contents are encrypted and were not read (give --identity)',
        ],
      );
    });
}
