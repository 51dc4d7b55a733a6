import { UvsError } from '../errors.ts';
import type { InstalledRelease } from '../facts.ts';
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
  /** Package managers this agent can drive; none while it can't. */
  readonly packageManagers?: readonly ('rpm' | 'deb')[];
}

export type Installability = 'install' | 'already-installed';

/**
 * Decides from a verified manifest whether a node may install it. Order is by (epoch, releaseSeq) of each component alone; versions are for display.
 * @returns 'already-installed' where every component is there from this very manifest.
 * @throws UvsError TARGET_MISMATCH, AGENT_TOO_OLD, RELEASE_NOT_NEWER, RELEASE_CONTENT_CHANGED, BASE_MISMATCH
 */
export function checkInstallable(_pkg: Pick<OpenedPackage, 'manifest' | 'manifestHash'>, _node: InstallableNode): Installability {
  throw new UvsError('INTERNAL', 'not built yet');
}
