import { agentLayout } from '../../common/agent-layout.ts';
import { forbiddenPath } from '../../common/upd/forbidden-path.ts';
import { BootChain, type MovedPointers } from './boot-chain.ts';
import { readExpectedMounts, type ExpectedMount } from './expected-mounts.ts';
import { hasNoHardLinks, mountProblem } from './mount-rules.ts';
import { MountTable } from './mount-table.ts';
import { RecoveryNeeds, shadowsRecovery } from './recovery-needs.ts';
import { RecoveryUnits } from './recovery-units.ts';
import { ReservedPlaces } from './reserved-places.ts';
import type { Touch } from './touch.ts';

/** Name of the staging area on each mount. */
export const STAGING_NAME = '.uvs-staging';
/** Name of the place on each mount where the originals of the release before are retained. */
export const RETAINED_NAME = '.uvs-retained';

export interface NodePlaces {
  /** Real path of the root directory. */
  readonly root: string;
  /** Real path of the agent's state directory. */
  readonly state: string;
  /** Release of the kernel that runs; '' where that is not known. */
  readonly kernel: string;
}

/** What a release may do to a path of this node, by the path's name and by what is mounted where. Names are taken through bind mounts. */
export class ForbiddenPaths {
  readonly mounts: MountTable;
  readonly #expected: readonly ExpectedMount[];
  readonly #reserved: ReservedPlaces;
  readonly #boot: BootChain;
  readonly #recovery: RecoveryNeeds;
  readonly #units: RecoveryUnits;

  constructor({ root, state, kernel }: NodePlaces, mounts: MountTable = MountTable.ofThisProcess(root)) {
    const prefix = root === '/' ? '/' : `${root}/`;
    this.mounts = mounts;
    this.#expected = readExpectedMounts(root);
    this.#reserved = new ReservedPlaces(root, state.startsWith(prefix) ? state.slice(prefix.length) : undefined);
    this.#boot = new BootChain(root, kernel);
    this.#recovery = new RecoveryNeeds(root);
    this.#units = new RecoveryUnits(root);
  }

  /** @throws UvsError PATH_FORBIDDEN */
  check(path: string, touch: Touch): void {
    const components = path.split('/');
    if (components.includes(STAGING_NAME)) throw forbiddenPath(path, `${STAGING_NAME} is the agent's staging area`);
    if (components.includes(RETAINED_NAME)) throw forbiddenPath(path, `${RETAINED_NAME} is where the agent keeps what going back needs`);
    if (components.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0'))) {
      throw forbiddenPath(path, 'it is not a normal path');
    }
    for (const alias of this.mounts.aliases(path)) {
      const why = this.#reserved.touchedBy(alias, touch) ?? shadowsRecovery(alias) ?? this.#units.touchedBy(alias, touch);
      if (why !== undefined) throw forbiddenPath(path, why);
    }
    const isDirectory = touch.op === 'put' && touch.type === 'directory';
    if (!isDirectory && this.mounts.isMountPoint(path)) throw forbiddenPath(path, 'it is a mount point and cannot be replaced');
    const problem = mountProblem(path, this.mounts, this.#expected);
    if (problem !== undefined) throw forbiddenPath(path, problem);
  }

  /**
   * Says why something that is there may not be replaced or removed, although a new name beside it would do; undefined: it may.
   * @param change what happens to it: a pointer may move
   */
  inPlace(
    path: string,
    change: { readonly isPointer: boolean; readonly isOurs: boolean; readonly moved?: MovedPointers },
  ): string | undefined {
    for (const alias of this.mounts.aliases(path)) {
      if (alias !== agentLayout.pointer && this.#recovery.isPartOf(alias)) return 'the agent and its recovery run on it';
      if (!this.#boot.isPartOf(alias) || this.#boot.isPointer(alias, change.isPointer)) continue;
      if (change.isOurs && this.#boot.isSpare(alias, change.moved)) continue;
      return 'the machine boots by it';
    }
    return undefined;
  }

  /** Says why something may neither be brought to a path nor replaced there, unless it is there already just so; undefined: it may. */
  unlessThere(path: string): string | undefined {
    return this.mounts.aliases(path).flatMap((alias) => this.#recovery.misleads(alias) ?? [])[0];
  }

  /** The same of what a release has put where nothing was, when it is to go with that release; undefined: it may. */
  goingAgain(path: string, moved: MovedPointers): string | undefined {
    for (const alias of this.mounts.aliases(path)) {
      if (this.#recovery.isPartOf(alias)) return 'the agent and its recovery run on it';
      if (this.#boot.isPartOf(alias) && !this.#boot.mayGoAgain(alias, moved)) return 'the machine runs on it, or boots by it';
    }
    return undefined;
  }

  /** Tells whether a file there can have no second name, so that what keeps it is a copy. */
  hasNoHardLinks(path: string): boolean {
    return hasNoHardLinks(this.mounts.covering(path).mount?.type);
  }

  /** The place of a path among all that are put: what points at others comes after them, and what decides what is booted or run comes last. */
  rank(path: string, isSymlink: boolean): number {
    if (path === agentLayout.pointer) return 3;
    if (this.#boot.isPointer(path, isSymlink)) return 2;
    return isSymlink ? 1 : 0;
  }
}
