import type { Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import type { TrustedRoot } from '../../../common/upd/root.ts';
import { writeNewFile } from '../../new-files.ts';
import { printResult, type Output } from '../output.ts';
import { demandsOf, describeDemands } from './demands.ts';
import { describeChanges, describeRoot, rootJson } from './describe.ts';
import { followTrustFile, newestLink, readTrustFile, type TrustFile } from './trust-file.ts';
import { trustedOf, type TrustOptions } from './trusted-root.ts';

interface ShowOptions {
  readonly extract?: string;
  readonly json?: true;
}

interface VerifyOptions extends TrustOptions {
  readonly json?: true;
}

/** `upd root show` and `upd root verify`: what a root file or a chain says, and whether it may be believed. */
export function addRootShow(root: Command, output: Output): void {
  root
    .command('show')
    .description('show a root file or every version of a chain, and whose signatures the last one still lacks; nothing is trusted')
    .argument('<file>', 'a root file or a chain')
    .option('--extract <file>', 'write the last version as a root file of its own, e.g. for a new cluster')
    .option('--json', 'print JSON')
    .action(async (path: string, options: ShowOptions) => {
      const file = await readTrustFile(path);
      const demands = demandsOf(file);
      if (options.extract !== undefined) {
        followTrustFile(file);
        await writeNewFile(options.extract, newestLink(file).trusted.bytes, 0o644);
      }
      const text = file.flatMap(({ trusted }, index) => {
        const before = file[index - 1];
        return [
          ...(before === undefined ? [] : ['']),
          ...describeRoot(trusted),
          ...(before === undefined ? [] : ['Changes', ...describeChanges(before.trusted.root, trusted.root)]),
        ];
      });
      const signatures = demands.length === 0 ? [] : ['Signatures', ...describeDemands(demands)];
      printResult(output, options.json === true, { versions: file.map(({ trusted }) => rootJson(trusted)), demands }, [
        ...text,
        ...signatures,
      ]);
    });
  root
    .command('verify')
    .description('follow a chain from a root file that is trusted to its last version')
    .argument('<chain>', 'the chain')
    .option('--root <file>', 'the root file that is trusted')
    .option('--sha256 <hex>', 'or its sha256, of a version that the chain holds')
    .option('--json', 'print JSON')
    .action(async (path: string, options: VerifyOptions) => {
      const file = await readTrustFile(path);
      const trusted = await trustedOf(file, path, options);
      const newest = followTrustFile(file, trusted);
      if (newest.root.version < trusted.root.version || newest.sha256 !== newestLink(file).trusted.sha256)
        throw olderThan(path, file, trusted);
      printResult(output, options.json === true, { verified: true, from: trusted.root.version, ...rootJson(newest) }, [
        ...describeRoot(newest),
        `Verified   from version ${trusted.root.version} on, by the threshold of root keys of each version and of the one before`,
      ]);
    });
}

function olderThan(path: string, file: TrustFile, trusted: TrustedRoot): UvsError {
  return new UvsError(
    'ROOT_INVALID',
    `${path} ends with version ${newestLink(file).trusted.root.version}, which is older than the trusted version ${trusted.root.version}.`,
    { hint: 'Nobody goes back to an older root file; get the newest chain.' },
  );
}
