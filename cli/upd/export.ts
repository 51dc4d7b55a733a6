import type { Command } from 'commander';
import { UvsError } from '../../common/errors.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { readUnverified } from '../../common/upd/open.ts';
import { checkContentKey, unwrapContentKey, wrapContentKey } from '../../common/upd/recipients.ts';
import { replaceParts } from '../../common/upd/replace-parts.ts';
import { demandFree, nameNewFile } from '../new-files.ts';
import { readIdentities } from './files.ts';
import { printResult, type Output } from './output.ts';

interface ExportOptions {
  readonly out: string;
  readonly identity: string;
  readonly recipient: readonly string[];
  readonly json?: true;
}

/** `upd export`: the same package with its key wrapped for others, e.g. a node that no coordinator reaches. */
export function addExport(program: Command, output: Output, signal: AbortSignal): void {
  program
    .command('export')
    .description('write an encrypted package again with its key wrapped for others; what it brings and who signed it stay the same')
    .argument('<file>', 'the package')
    .requiredOption('-o, --out <file>', 'the package to write, which is not there yet')
    .requiredOption('--identity <file>', 'an identity that it is encrypted for')
    .requiredOption('--recipient <age1...>', 'age recipients of the new one, and nobody else')
    .option('--json', 'print JSON')
    .action(async (path: string, options: ExportOptions) => {
      await demandFree(options.out);
      await using source = await openFileSource(path);
      const pkg = await readUnverified(source, signal);
      if (pkg.manifest.encryption === undefined) {
        throw new UvsError('INVALID_ARGUMENT', `${path} is not encrypted: everybody can read it as it is.`, { hint: 'Copy it.' });
      }
      const contentKey = await unwrapContentKey(pkg.recipients, ...(await readIdentities(options.identity, output)));
      checkContentKey(pkg.manifest, contentKey);
      const recipients = await wrapContentKey(contentKey, options.recipient);
      const written = await replaceParts(path, options.out, { recipients }, signal, nameNewFile);
      printResult(
        output,
        options.json === true,
        { file: options.out, ...written, manifestHash: pkg.manifestHash, recipients: options.recipient },
        [
          `Package    ${options.out}, ${pkg.manifest.product} ${pkg.manifest.version}`,
          `Digest     ${written.digest}`,
          `Manifest   ${pkg.manifestHash}, as before`,
          `Encrypted  for ${options.recipient.join(', ')}`,
        ],
      );
    });
}
