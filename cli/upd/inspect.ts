import type { Command } from 'commander';
import { openFileSource } from '../../common/upd/file-source.ts';
import type { Barrier, FileEntry, Manifest, Target } from '../../common/upd/manifest.ts';
import { readUnverified, type UnverifiedPackage } from '../../common/upd/open.ts';
import { describePrivileges } from '../../common/upd/privileges.ts';
import { carriedRoot, readNewestRoot, rootFollowed } from './known-root.ts';
import { printResult, type Output } from './output.ts';
import { openingsOf } from './openings.ts';
import { statusJson, statusLines } from './sign.ts';
import { signatureStatus } from './signature-status.ts';

interface InspectOptions {
  readonly files?: true;
  readonly root?: string;
  readonly json?: true;
}

/** `upd inspect`: shows what a package says of itself. */
export function addInspect(program: Command, output: Output, signal: AbortSignal): void {
  program
    .command('inspect')
    .description('show what a package says of itself; nothing is verified')
    .argument('<file>', 'the package')
    .option('--files', 'list every path')
    .option(
      '--root <file>',
      "a root file or a chain: show whose signatures are wanted under what the package's own chain leads to from there (unless told: where that chain ends)",
    )
    .option('--json', 'print the manifest and its hash as JSON')
    .action(async (path: string, options: InspectOptions) => {
      await using source = await openFileSource(path);
      const pkg = await readUnverified(source, signal);
      const keyIds = pkg.claimedSigners.map(({ keyId }) => keyId);
      const { root, broken } =
        options.root === undefined
          ? { root: carriedRoot(pkg.rootChain, path), broken: undefined }
          : { broken: undefined, ...rootFollowed(await readNewestRoot(options.root), pkg.rootChain) };
      const status = root === undefined ? undefined : signatureStatus(root, pkg.manifest.product, pkg.manifestBytes, pkg.claimedSigners);
      const { manifest, manifestHash } = pkg;
      const json = {
        verified: false,
        manifestHash,
        sizeBytes: source.sizeBytes,
        keyIds,
        ...statusJson(root, status),
        ...(broken === undefined ? {} : { rootChainBroken: broken }),
        manifest,
      };
      const text = [
        ...describe(pkg, source.sizeBytes, [
          ...(broken === undefined ? [] : [line('Root chain', `refused by "upd verify" and by nodes: ${broken}`)]),
          ...statusLines(root, status, manifest.product),
        ]),
        ...(options.files === true ? ['', ...pkg.manifest.files.map(describeFile)] : []),
      ];
      printResult(output, options.json === true, json, text);
    });
}

function describe(pkg: UnverifiedPackage, sizeBytes: number, signatures: readonly string[]): readonly string[] {
  const { manifest } = pkg;
  return [
    ...describeManifest(manifest, pkg.manifestHash),
    line('Size', `${sizeBytes} bytes, ${manifest.segments.length} segments, ${plainBytes(manifest)} bytes of files`),
    line('Encrypted', manifest.encryption === undefined ? 'no' : `yes, ${manifest.encryption.cipher}`),
    line('Signed by', pkg.claimedSigners.map(({ keyId }) => keyId).join(', ') || 'nobody'),
    ...signatures,
    line('Verified', 'no; "upd verify" does that'),
  ];
}

/** The lines that describe a manifest, for inspect and verify alike. */
export function describeManifest(manifest: Manifest, manifestHash: string): readonly string[] {
  const { files, tasks } = manifest;
  const components = Object.entries(manifest.components).map(
    ([name, { epoch, releaseSeq }]) => `${name} release ${releaseSeq}${epoch === 0 ? '' : ` of epoch ${epoch}`}`,
  );
  const brings = Object.entries(manifest.brings).map(([name, version]) => `${name} ${version}`);
  return [
    line('Product', `${manifest.product} ${manifest.version}, ${manifest.kind}`),
    ...(manifest.base === undefined ? [] : [line('Builds on', manifest.base)]),
    ...(manifest.requires.length === 0 ? [] : [line('Comes after', manifest.requires.join(' or '))]),
    line('Order', components.join(', ')),
    line('Brings', brings.join(', ') || 'no named versions'),
    line('For', describeTarget(manifest.target)),
    line('Agent', `${manifest.minAgent} or later`),
    line('Id', manifest.id),
    line('Manifest', manifestHash),
    line('Paths', `${files.filter(({ op }) => op === 'put').length} put, ${files.filter(({ op }) => op === 'remove').length} removed`),
    // whoever signs sees which programs give more rights to those who run them
    ...describePrivileges(manifest).map((program) => line('Privileged', program)),
    ...files.flatMap(describeOpenings),
    line(
      'Tasks',
      tasks.map(({ stage, name, args }) => [`${stage}:${name}`, ...args.map((arg) => JSON.stringify(arg))].join(' ')).join(', ') || 'none',
    ),
    line('Services', manifest.services.join(', ') || 'none'),
    line('Reboot', manifest.reboot ? 'yes' : 'no'),
    ...(manifest.barrier === undefined ? [] : [line('Barrier', describeBarrier(manifest.barrier))]),
  ];
}

/** Whoever signs sees what others than its owner can get at, or change. */
function describeOpenings(entry: FileEntry): readonly string[] {
  // the mode of a symbolic link means nothing
  if (entry.op !== 'put' || entry.type === 'symlink') return [];
  return openingsOf(entry.mode, entry.xattrs, entry.type === 'directory').map((opening) =>
    line('Open', `/${entry.path}: ${opening.as}, of ${entry.uid}:${entry.gid}`),
  );
}

function describeBarrier({ sentence, once }: Barrier): string {
  const when = once === undefined ? '' : 'path' in once ? ` once /${once.path} is there` : ` where there is ${once.units.join(' or ')}`;
  return `can't be taken back${when}: ${sentence}`;
}

function describeTarget({ distro, distroVersions, archs, boards, roles }: Target): string {
  const parts = [
    distro === '' ? 'any distribution' : [distro, distroVersions.join('|')].join(' ').trim(),
    archs.join('|') || 'any architecture',
    boards.join('|') || 'any board',
    roles.join('|') || 'any role',
  ];
  return parts.join(', ');
}

function describeFile(entry: FileEntry): string {
  if (entry.op === 'remove') return `remove                             ${entry.path}`;
  const letter = { file: '-', directory: 'd', symlink: 'l' }[entry.type];
  const size = entry.type === 'file' ? entry.size : 0;
  const link = entry.type === 'symlink' ? ` -> ${JSON.stringify(entry.link)}` : '';
  const config = entry.type === 'file' && entry.config !== 'replace' ? ` (${entry.config})` : '';
  const owner = `${entry.uid}:${entry.gid}`;
  return `${letter}${entry.mode.toString(8).padStart(4, '0')} ${owner.padEnd(13)} ${String(size).padStart(12)}  ${entry.path}${link}${config}`;
}

function plainBytes({ files }: Manifest): number {
  return files.reduce((total, entry) => total + (entry.op === 'put' && entry.type === 'file' ? entry.size : 0), 0);
}

function line(title: string, value: string): string {
  return `${title.padEnd(11)}  ${value}`;
}
