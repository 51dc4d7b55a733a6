import { agentBounds } from '../../common/agent-bounds.ts';
import { toUvsError, UvsError } from '../../common/errors.ts';
import type { Manifest } from '../../common/upd/manifest.ts';
import { openPackage, type OpenedPackage } from '../../common/upd/open.ts';
import { checkInstallable } from '../../common/upd/requirements.ts';
import type { PackageSource } from '../../common/upd/source.ts';
import { Tree } from '../files/tree.ts';
import { demandXattrPrograms } from '../files/xattrs.ts';
import { readInstalled, withRelease, type Installed } from '../installed.ts';
import { stateOf, type OperationContext } from '../operation-context.ts';
import { readMarks } from '../order-marks.ts';
import { judgeOwnPrograms } from '../own-programs.ts';
import { heldByRetained } from '../retained/held-space.ts';
import { dropRetained } from '../retained/retain.ts';
import { storeHead } from './head.ts';
import { forbiddenPathsOf, lookAtNode } from './look.ts';
import { newestRoot } from './newest-root.ts';
import { refusePathsOfVendor } from './others-paths.ts';
import { refuseSiteInTheWay } from './site-in-the-way.ts';
import { demandStops } from './stoppable.ts';
import { neededByCopies, refuseFullDisk, type Need } from './space.ts';

/** Of the 64 KiB of a journal record. */
const MAX_RECORDED_BYTES = 56 * 1024;

/** Where each file is staged, by manifest index. */
type Bases = ReadonlyMap<number, string>;

export interface Accepted {
  readonly pkg: OpenedPackage;
  readonly bases: Bases;
}

/** Judges a package by its first part, before anything of it is written: signatures, target, order, paths, space. Throws the refusal. */
export async function accept(context: OperationContext, source: PackageSource, signal: AbortSignal): Promise<Accepted> {
  const installed = await readInstalled(context.state);
  const root = await newestRoot(context, installed);
  const pkg = await openPackage(source, { root }, signal);
  const assigned = context.request?.manifestHash;
  if (assigned !== undefined && assigned !== pkg.manifestHash) {
    throw new UvsError('CONFLICT', `the package's manifest is ${pkg.manifestHash}, and ${assigned} was assigned`);
  }
  const facts = await context.ports.facts();
  const { takenBack } = await readMarks(context.state);
  const judgement = checkInstallable(pkg, { ...facts, installed: installed.components, takenBack });
  if (judgement === 'already-installed') {
    throw new UvsError('RELEASE_NOT_NEWER', `${pkg.manifest.product} ${pkg.manifest.version} is installed already, from this very package`);
  }
  refuseWhatThisAgentCannotDo(pkg.manifest);
  if (pkg.manifest.files.some((entry) => entry.op === 'put' && Object.keys(entry.xattrs).length > 0)) await demandXattrPrograms();
  refuseWhatCannotBeRecorded(pkg, installed);
  await demandStops(context, pkg.manifest.services, signal);
  const { bases, copies } = await placeFiles(context, pkg, installed);
  await makeRoom(context, pkg, bases, copies);
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
      hint: 'No agent does so yet: build the package from the files alone.',
    });
  }
  if (manifest.reboot) {
    throw new UvsError('AGENT_TOO_OLD', 'the package wants the node rebooted, which this agent cannot do as a part of a release', {
      hint: 'No agent does so yet: build the package without "reboot", and reboot the nodes afterwards: uvsctl reboot.',
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

async function placeFiles(
  context: OperationContext,
  pkg: OpenedPackage,
  installed: Installed,
): Promise<{ readonly bases: Bases; readonly copies: readonly Need[] }> {
  const { manifest } = pkg;
  using tree = new Tree(context.setup.root);
  const { mounts } = forbiddenPathsOf(context, installed);
  await refusePathsOfVendor(context, installed, pkg, tree, mounts);
  await refuseSiteInTheWay(context.state, installed, pkg, tree);
  const { remembered, plan } = await lookAtNode(context, tree, manifest);
  judgeOwnPrograms(context.setup.root, manifest, context.ports.handover.running, remembered);
  const bases = new Map<number, string>();
  const known = new Map<string, string>();
  for (const [index, entry] of manifest.files.entries()) {
    if (entry.op !== 'put' || entry.type === 'directory') continue;
    const parent = entry.path.slice(0, Math.max(0, entry.path.lastIndexOf('/')));
    const base = known.get(parent) ?? tree.mountBase(tree.existingParent(entry.path));
    known.set(parent, base);
    bases.set(index, base);
  }
  return { bases, copies: neededByCopies(context, tree, plan) };
}

/**
 * Where the disk is too full, what is retained goes first, if that makes the release fit: the node stays as well as it is, and only can't go back any
 * more. A release that could never fit is refused and costs nothing.
 * @throws UvsError NO_SPACE
 */
async function makeRoom(context: OperationContext, pkg: OpenedPackage, bases: Bases, copies: readonly Need[]): Promise<void> {
  const refusal = noSpace(() => refuseFullDisk(context, pkg, bases, copies));
  if (refusal === undefined) return;
  const room = await heldByRetained(context);
  if (noSpace(() => refuseFullDisk(context, pkg, bases, copies, room)) !== undefined) throw refusal;
  const why = `it was given up to make room for ${pkg.manifest.version}`;
  const dropped = await dropRetained(context, why);
  for (const { toVersion } of dropped) context.tell(`WARNING: ${toVersion} is not retained any more: ${why}`);
  refuseFullDisk(context, pkg, bases, copies);
}

/** The refusal of whoever finds too little space. */
function noSpace(demand: () => void): UvsError | undefined {
  try {
    demand();
    return undefined;
  } catch (error) {
    const refusal = toUvsError(error);
    if (refusal.reason !== 'NO_SPACE') throw error;
    return refusal;
  }
}
