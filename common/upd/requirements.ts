import { UvsError } from '../errors.ts';
import type { InstalledRelease } from '../facts.ts';
import { isAtLeast, isVersion, parseVersion } from '../version.ts';
import type { Manifest, Target } from './manifest.ts';
import type { OpenedPackage } from './open.ts';

/** What decides whether a package may go onto a node; a NodeFacts with the node's roles will do. */
export interface InstallableNode {
  readonly distroId: string;
  readonly distroVersion: string;
  readonly arch: string;
  readonly board: string;
  readonly roles: readonly string[];
  readonly agentVersion: string;
  readonly installed: readonly InstalledRelease[];
  /** Releases that were taken back and are newer than what is installed; undefined: none. */
  readonly takenBack?: readonly InstalledRelease[] | undefined;
  /** Package managers this agent can drive; none while it can't. */
  readonly packageManagers?: readonly ('rpm' | 'deb')[];
}

export type Installability = 'install' | 'already-installed';

/**
 * Decides from a verified manifest whether a node may install it. Order is by (epoch, releaseSeq) of each component alone; versions are for display.
 * @returns 'already-installed' where every component is there from this very manifest.
 * @throws UvsError TARGET_MISMATCH, AGENT_TOO_OLD, RELEASE_NOT_NEWER, RELEASE_CONTENT_CHANGED, BASE_MISMATCH
 */
export function checkInstallable(pkg: Pick<OpenedPackage, 'manifest' | 'manifestHash'>, node: InstallableNode): Installability {
  checkTarget(pkg.manifest.target, node);
  checkAgent(pkg.manifest, node);
  if (isInstalled(pkg.manifest, pkg.manifestHash, node.installed)) return 'already-installed';
  checkTakenBack(pkg.manifest, pkg.manifestHash, node.takenBack ?? []);
  checkBase(pkg.manifest, node.installed);
  checkRequires(pkg.manifest, node.installed);
  return 'install';
}

/** @throws UvsError TARGET_MISMATCH */
export function checkTarget(target: Target, node: InstallableNode): void {
  const checks: readonly (readonly [what: string, allowed: readonly string[], has: readonly string[]])[] = [
    ['distribution', target.distro === '' ? [] : [target.distro], [node.distroId]],
    [`version of ${node.distroId}`, target.distroVersions, [node.distroVersion]],
    ['architecture', target.archs, [node.arch]],
    ['board', target.boards, [node.board]],
    ['role', target.roles, node.roles],
  ];
  for (const [what, allowed, has] of checks) {
    if (allowed.length === 0 || has.some((value) => allowed.includes(value))) continue;
    const mine = has.filter((value) => value !== '').join(', ') || 'none';
    throw new UvsError('TARGET_MISMATCH', `The package is for ${what} ${allowed.join(' or ')}; this node has ${mine}.`, {
      hint: 'Use the package that was built for this kind of node.',
      details: { what, node: mine },
    });
  }
}

function checkAgent(manifest: Manifest, node: InstallableNode): void {
  const { minAgent } = manifest;
  if (!isVersion(node.agentVersion) || !isAtLeast(parseVersion(node.agentVersion), parseVersion(minAgent))) {
    throw new UvsError('AGENT_TOO_OLD', `The package needs an agent of version ${minAgent} or later; this one is ${node.agentVersion}.`, {
      hint: 'Update the agent first.',
      details: { needed: minAgent },
    });
  }
  const managers = node.packageManagers ?? [];
  const unknown = manifest.packages.find(({ manager }) => !managers.includes(manager));
  if (unknown !== undefined) {
    throw new UvsError('AGENT_TOO_OLD', `The package has the ${unknown.manager} package ${unknown.name}, which this agent can't install.`, {
      hint: 'Update the agent first, or use a package for this kind of node.',
    });
  }
}

/** @returns whether all components are there from this manifest; throws where one is not to be replaced by it */
function isInstalled(manifest: Manifest, manifestHash: string, installed: readonly InstalledRelease[]): boolean {
  let isEverythingThere = true;
  for (const [component, order] of Object.entries(manifest.components)) {
    const there = installed.find((release) => release.component === component);
    const compared = there === undefined ? 1 : order.epoch - there.epoch || order.releaseSeq - there.releaseSeq;
    if (there === undefined || compared > 0) {
      isEverythingThere = false;
    } else if (compared < 0) {
      throw new UvsError(
        'RELEASE_NOT_NEWER',
        `The package has ${component} ${nameOrder(manifest.version, order)}, which is older than the installed ${nameOrder(there.version, there)}.`,
        { hint: 'Use a later release; the order is by release number, not by version.', details: { component } },
      );
    } else if (there.manifestHash !== manifestHash) {
      throw new UvsError(
        'RELEASE_CONTENT_CHANGED',
        `The package has ${component} ${nameOrder(manifest.version, order)}, which is installed with another content (manifest ${there.manifestHash}, package ${manifestHash}).`,
        { hint: 'Give every build its own release number.', details: { component } },
      );
    }
  }
  return isEverythingThere;
}

/** A release that was taken back may come again; under its number nothing else may, and nothing older, as while it was installed. */
function checkTakenBack({ components, version }: Manifest, manifestHash: string, takenBack: readonly InstalledRelease[]): void {
  for (const [component, order] of Object.entries(components)) {
    for (const other of takenBack) {
      const compared = other.component === component ? order.epoch - other.epoch || order.releaseSeq - other.releaseSeq : 1;
      if (compared > 0 || (compared === 0 && other.manifestHash === manifestHash)) continue;
      if (compared < 0) {
        throw new UvsError(
          'RELEASE_NOT_NEWER',
          `The package has ${component} ${nameOrder(version, order)}, which is older than ${nameOrder(other.version, other)}, which was here and was taken back.`,
          { hint: 'Bring that release again, or a later one; the order is by release number, not by version.', details: { component } },
        );
      }
      throw new UvsError(
        'RELEASE_CONTENT_CHANGED',
        `The package has ${component} ${nameOrder(version, order)}, which was here with another content and was taken back (manifest ${other.manifestHash}, package ${manifestHash}).`,
        { hint: 'Give every build its own release number.', details: { component } },
      );
    }
  }
}

function nameOrder(version: string, { epoch, releaseSeq }: { readonly epoch: number; readonly releaseSeq: number }): string {
  return epoch === 0 ? `${version} (release ${releaseSeq})` : `${version} (release ${releaseSeq} of epoch ${epoch})`;
}

/** A partial package goes onto exactly the manifest that it names, in each of its components. */
function checkBase({ base, components }: Manifest, installed: readonly InstalledRelease[]): void {
  if (base === undefined) return;
  const concerned = installed.filter(({ component }) => Object.hasOwn(components, component));
  const other = concerned.find(({ manifestHash }) => manifestHash !== base);
  if (concerned.length > 0 && other === undefined) return;
  const has = other === undefined ? 'none of its components' : `${other.component} ${other.version} from manifest ${other.manifestHash}`;
  throw new UvsError('BASE_MISMATCH', `The package builds on manifest ${base}; this node has ${has}.`, {
    hint: 'Install the full release that it builds on first.',
    details: { base },
  });
}

function checkRequires({ requires }: Manifest, installed: readonly InstalledRelease[]): void {
  if (requires.length === 0 || installed.some(({ manifestHash }) => requires.includes(manifestHash))) return;
  throw new UvsError(
    'BASE_MISMATCH',
    `The package must come after one of the manifests ${requires.join(', ')}; this node has none of them.`,
    {
      hint: 'Install one of the releases in between first.',
    },
  );
}
