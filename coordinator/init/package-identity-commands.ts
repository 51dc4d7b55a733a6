import { resolve } from 'node:path';
import type { Command } from 'commander';
import { packageRecipients, retirePackageIdentity, rotatePackageIdentity, type PackageRecipients } from './package-identity.ts';

/** `uvs-coordinator package-identity`: for whom packages are encrypted here, and who opens them. */
export function addPackageIdentity(program: Command, standardDirectory: string, print: (line: string) => void, signal: AbortSignal): void {
  const group = program
    .command('package-identity')
    .description('for whom packages are encrypted in this cluster, and what still opens older ones');
  const show = ({ newest, others }: PackageRecipients): void => {
    print(`new packages:  ${newest}`);
    for (const other of others) print(`older ones:    ${other}`);
  };
  const spread = ({ path }: PackageRecipients): void =>
    print(`Copy ${path} to the other coordinators, with its owner and mode, then restart one coordinator after the other.`);

  group
    .command('show')
    .description('recipients, the one for new packages first')
    .option('--dir <dir>', 'folder of this coordinator', standardDirectory)
    .action(async ({ dir }: { dir: string }) => show(await packageRecipients(resolve(dir))));
  group
    .command('rotate')
    .description('make another identity for new packages; those before it go on opening what is there')
    .option('--dir <dir>', 'folder of this coordinator', standardDirectory)
    .action(async ({ dir }: { dir: string }) => {
      const rotated = await rotatePackageIdentity(resolve(dir));
      show(rotated);
      spread(rotated);
    });
  group
    .command('retire')
    .description('take an older identity out of use: it opens nothing any more')
    .argument('<recipient>', 'age1…, as "show" prints it')
    .option('--dir <dir>', 'folder of this coordinator', standardDirectory)
    .option('--force', 'also where packages that this coordinator holds are encrypted for it alone', false)
    .action(async (recipient: string, { dir, force }: { dir: string; force: boolean }) => {
      const left = await retirePackageIdentity(resolve(dir), recipient, force, signal);
      show(left);
      spread(left);
    });
}
