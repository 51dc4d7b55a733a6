import { randomUUID } from 'node:crypto';
import { UvsError } from '../../common/errors.ts';
import type { WayBack } from '../../common/facts.ts';
import { newId } from '../../common/new-id.ts';
import type { Ended, PackageOrigin, SlotKeeper } from '../ports.ts';
import { mixedReleases } from '../accepted/mixture.ts';
import { readInstalled, type Installed } from '../installed.ts';
import { reasonOf } from '../operation-end.ts';
import { Runner } from '../runner.ts';
import { waysBack } from '../retained/way-back.ts';
import { stateDirectoryAt } from '../state-directory.ts';
import { closeLocal, consolePorts, consoleSetup, describeEnd, recoverFirst, type ConsoleNode } from './console.ts';

export interface RollbackOptions {
  /** Version of the release to take back, or the beginning of its manifest's hash; undefined: the only one that is installed. */
  readonly release?: string;
  /** A coordinator's slots; undefined where none can be reached. */
  readonly slots?: SlotKeeper;
  /** The operator's word that the node may be out of service now, and why. */
  readonly noSlotReason?: string;
}

/**
 * `uvs-agent rollback`: takes a release back on this node from its own console, to the one before it that is retained.
 * @param signal withdraws it as long as it has not begun
 * @throws UvsError NO_WAY_BACK, NOT_ALLOWED_NOW without a slot, BUSY, NEEDS_OPERATOR; a rollback that fails is an outcome, not an error
 */
export async function rollback(node: ConsoleNode, options: RollbackOptions, signal: AbortSignal): Promise<Ended> {
  if (options.slots === undefined && options.noSlotReason === undefined) {
    throw new UvsError('NOT_ALLOWED_NOW', 'no coordinator was asked whether this node may be out of service', {
      hint: 'If you know that it may be, say so with --no-slot --reason "…"; that is written down.',
    });
  }
  const ports = consolePorts(node);
  await using runner = await Runner.open(await consoleSetup(node), ports, 'uvs-agent rollback');
  await recoverFirst(node, runner);
  const state = stateDirectoryAt(node.statePath);
  const installed = await readInstalled(state);
  // whether it is vouched for, staging finds out
  const mixed = await mixedReleases(state, installed);
  const { releases, why } = await waysBack(state, installed, { root: node.root, ...ports }, undefined, mixed);
  const { manifestHash, version, refusal } = chosen(releases, why, options.release);
  if (mixed.includes(manifestHash)) {
    throw new UvsError('NO_WAY_BACK', `${version} can't be taken back: ${refusal}`, {
      hint: 'Bring the node forward: by a release that is newer.',
    });
  }
  if (options.release === undefined) demandOnlyRelease(installed);
  const request = {
    operation: newId('op', Date.now(), randomUUID()),
    packageDigest: '',
    origin: noPackage,
    action: { kind: 'rollback' as const, release: manifestHash, version },
    slots: options.slots,
    ...reasonOf(options.noSlotReason),
  };
  const ended = await runner.runOperation(request, signal);
  await closeLocal(node, runner, ended);
  if (ended.outcome === 'done') node.print(describeEnd(ended));
  return ended;
}

/** Which of several releases came last is not known, and the last one may be none that can be taken back. @throws UvsError INVALID_ARGUMENT */
function demandOnlyRelease({ components }: Pick<Installed, 'components'>): void {
  const versions = new Map(components.map(({ manifestHash, version }) => [manifestHash, version]));
  if (versions.size <= 1) return;
  throw new UvsError('INVALID_ARGUMENT', `several releases are installed here: ${[...versions.values()].join(', ')}`, {
    hint: 'Name the one that is to be taken back.',
  });
}

/** @throws UvsError NO_WAY_BACK, INVALID_ARGUMENT where several are possible and none is named */
function chosen(releases: readonly WayBack[], why: string, wanted: string | undefined): WayBack {
  const found = wanted === undefined ? releases : releases.filter((one) => one.version === wanted || one.manifestHash.startsWith(wanted));
  const [first, second] = found;
  if (first === undefined) {
    const what = wanted === undefined ? 'nothing' : `nothing of before ${wanted}`;
    throw new UvsError('NO_WAY_BACK', `${what} is retained on this node${why === '' ? '' : `: ${why}`}`, {
      hint: '`uvs-agent status` shows what it could go back to.',
    });
  }
  if (second !== undefined) {
    const names = found.map(({ version }) => version).join(', ');
    throw new UvsError('INVALID_ARGUMENT', `several releases could be taken back: ${names}`, { hint: 'Name the one.' });
  }
  return first;
}

/** What is put back is on the node. */
const noPackage: PackageOrigin = {
  open: () => Promise.reject(new UvsError('INTERNAL', 'a rollback has no package')),
  contentKey: () => Promise.reject(new UvsError('INTERNAL', 'a rollback has no package')),
};
