import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { agentBounds } from '../../common/agent-bounds.ts';
import { UvsError } from '../../common/errors.ts';
import type { Manifest } from '../../common/upd/manifest.ts';
import { openPackage, type OpenedPackage } from '../../common/upd/open.ts';
import { checkInstallable } from '../../common/upd/requirements.ts';
import type { PackageSource } from '../../common/upd/source.ts';
import { ForbiddenPaths } from '../files/forbidden.ts';
import { survey } from '../files/survey.ts';
import { Tree } from '../files/tree.ts';
import { currentRoot, readInstalled, rememberedFiles, withRelease, type Installed } from '../installed.ts';
import { stateOf, type OperationContext } from '../operation-context.ts';
import { storeHead } from './head.ts';

/** Free space that staging leaves to others on each mount. */
const SPARE_BYTES = 4 * 1024 * 1024;
const SPARE_INODES = 64;
/** Of the 64 KiB of a journal record. */
const MAX_RECORDED_BYTES = 56 * 1024;

export interface Accepted {
  readonly pkg: OpenedPackage;
  /** Where each file is staged, by manifest index. */
  readonly bases: ReadonlyMap<number, string>;
}

/** Judges a package by its first part, before anything of it is written: signatures, target, order, paths, space. Throws the refusal. */
export async function accept(context: OperationContext, source: PackageSource, signal: AbortSignal): Promise<Accepted> {
  const installed = await readInstalled(context.state);
  const root = await currentRoot(context.state, installed, context.setup.trustedRoot);
  const pkg = await openPackage(source, { root }, signal);
  const assigned = context.request?.manifestHash;
  if (assigned !== undefined && assigned !== pkg.manifestHash) {
    throw new UvsError('CONFLICT', `the package's manifest is ${pkg.manifestHash}, and ${assigned} was assigned`);
  }
  const facts = await context.ports.facts();
  const judgement = checkInstallable(pkg, { ...facts, installed: installed.components });
  if (judgement === 'already-installed') {
    throw new UvsError('RELEASE_NOT_NEWER', `${pkg.manifest.product} ${pkg.manifest.version} is installed already, from this very package`);
  }
  refuseWhatThisAgentCannotDo(pkg.manifest);
  refuseWhatCannotBeRecorded(pkg, installed);
  const bases = await placeFiles(context, pkg.manifest);
  refuseFullDisk(context, pkg.manifest, bases);
  const before = stateOf(context).accepted;
  if (before === undefined || before.manifestHash !== pkg.manifestHash) {
    const fromVersion = installed.components.find(({ component }) => component in pkg.manifest.components)?.version ?? '';
    const headHash = await storeHead(context, pkg);
    const { manifestHash } = pkg;
    await context.journal.append({
      kind: 'accepted',
      operation: context.operation,
      manifestHash,
      version: pkg.manifest.version,
      fromVersion,
      headHash,
    });
  }
  return { pkg, bases };
}

function refuseWhatThisAgentCannotDo(manifest: Manifest): void {
  if (manifest.packages.length > 0) {
    throw new UvsError('AGENT_TOO_OLD', 'the package brings RPM or DEB packages, which this agent cannot install', {
      hint: 'Update the agent first.',
    });
  }
  if (manifest.reboot) {
    throw new UvsError('AGENT_TOO_OLD', 'the package wants the node rebooted, which this agent cannot do as a part of a release', {
      hint: 'Update the agent first; or build the package without "reboot", and reboot the nodes afterwards: uvsctl reboot.',
    });
  }
  const withXattrs = manifest.files.find((entry) => entry.op === 'put' && Object.keys(entry.xattrs).length > 0);
  if (withXattrs !== undefined) {
    throw new UvsError('AGENT_TOO_OLD', `${withXattrs.path} has extended attributes, which this agent cannot set`, {
      hint: 'Update the agent first.',
    });
  }
}

/**
 * What can't be told to a coordinator, or what no record of the journal has room for, would be found out when everything is done: the node could
 * not be listened to any more, or nothing be written.
 */
function refuseWhatCannotBeRecorded({ manifest, manifestHash, root }: OpenedPackage, installed: Installed): void {
  const after = withRelease(installed, manifest, manifestHash, root);
  if (after.components.length > agentBounds.components) {
    const most = `it can remember ${agentBounds.components}`;
    throw new UvsError('NO_SPACE', `with this package the node would have ${after.components.length} components, and ${most}`, {
      hint: 'A component stays known to a node for good: bring under one name what is released together.',
    });
  }
  const records = [after, manifest.services];
  if (records.every((record) => Buffer.byteLength(JSON.stringify(record)) <= MAX_RECORDED_BYTES)) return;
  throw new UvsError('PACKAGE_MALFORMED', 'the package has more components or services than this node can record', {
    hint: 'Split it into several packages.',
  });
}

async function placeFiles(context: OperationContext, manifest: Manifest): Promise<ReadonlyMap<number, string>> {
  using tree = new Tree(context.setup.root);
  const remembered = await rememberedFiles(context.state, await readInstalled(context.state));
  const forbidden = new ForbiddenPaths(context.setup.root, context.state.path);
  await survey(tree, manifest, forbidden, remembered);
  const bases = new Map<number, string>();
  const known = new Map<string, string>();
  for (const [index, entry] of manifest.files.entries()) {
    if (entry.op !== 'put' || entry.type === 'directory') continue;
    const parent = entry.path.slice(0, Math.max(0, entry.path.lastIndexOf('/')));
    const base = known.get(parent) ?? tree.mountBase(tree.existingParent(entry.path));
    known.set(parent, base);
    bases.set(index, base);
  }
  return bases;
}

/** Asks each mount for the bytes and inodes that are still to be staged there. */
function refuseFullDisk(context: OperationContext, manifest: Manifest, bases: ReadonlyMap<number, string>): void {
  const needs = new Map<string, { bytes: number; inodes: number }>();
  const add = (base: string, bytes: number): void => {
    const need = needs.get(base) ?? { bytes: SPARE_BYTES, inodes: SPARE_INODES };
    needs.set(base, { bytes: need.bytes + bytes, inodes: need.inodes + 1 });
  };
  const marked = stateOf(context).markedSegments;
  const groups = new Set<number>();
  for (const [index, base] of bases) {
    const entry = manifest.files[index];
    if (entry?.op !== 'put' || entry.type === 'directory') continue;
    if (entry.type === 'symlink') {
      add(base, 0);
      continue;
    }
    const isStaged = entry.extents.every(({ segment }) => segment < marked);
    if (isStaged && marked > 0) continue;
    add(base, entry.linkGroup !== 0 && groups.has(entry.linkGroup) ? 0 : entry.size);
    if (entry.linkGroup !== 0) groups.add(entry.linkGroup);
  }
  for (const task of manifest.tasks) add('', task.size);
  for (const [base, need] of needs) {
    const path = join(context.setup.root, base);
    const { bavail, bsize, ffree, files } = statfsSync(path);
    // each file takes whole blocks
    const neededBytes = need.bytes + need.inodes * bsize;
    if (bavail * bsize < neededBytes) {
      throw new UvsError(
        'NO_SPACE',
        `${path} has ${mebibytes(bavail * bsize)} free and the release needs ${mebibytes(neededBytes)} there`,
        {
          hint: 'Free space on that file system and try again; nothing was changed.',
        },
      );
    }
    if (files > 0 && ffree < need.inodes) {
      throw new UvsError('NO_SPACE', `${path} has ${ffree} free inodes and the release needs ${need.inodes} there`, {
        hint: 'Remove small files on that file system and try again; nothing was changed.',
      });
    }
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
