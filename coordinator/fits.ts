import type { Reason } from '../common/errors.ts';
import type { InstalledRelease, NodeFacts } from '../common/facts.ts';
import { FEWEST_MONITORS } from '../common/monitors.ts';
import { whyUnmet } from './demands.ts';
import type { NodeRecord, PackageRecord, RolloutGoal } from './domain.ts';
import { isMonitor, rolesThatCount } from './roles.ts';
import { unitsRefused } from './restartable.ts';
import { whyNotBack } from './way-back.ts';

const UNITS_SHOWN = 8;

/** Why a node can't take a package, as the predicate of a sentence about the node ("already has 2.14.17"). */
export interface Refusal {
  readonly reason: Reason;
  readonly message: string;
  readonly hint: string;
  /** The node has this very release: nothing to do, and nothing wrong. */
  readonly isInstalled: boolean;
}

export interface OtherRollout {
  readonly id: string;
  /** It only waits for what the node has begun, or may have. */
  readonly isAborted: boolean;
  /** It goes on only once somebody resumes it. */
  readonly isPaused: boolean;
}

export interface Surroundings {
  /** Nodes that enrolled, or were accepted, with the role mon. */
  readonly monitors: number;
  /** The rollout that has the node among its steps and is not done with it. */
  readonly rollout: OtherRollout | undefined;
  /** Units that the node has told that it restarts beside Ceph's; undefined: it has not told. */
  readonly restartable: readonly string[] | undefined;
  /** What the rollout does to its nodes. */
  readonly goal: RolloutGoal;
}

/**
 * Says why a node can't take a package by all that the cluster knows of both; the agent checks again by what it knows itself.
 * Without a package: why it can't be disturbed at all. What passes hides nothing that does not: both are told, and the latter decides.
 */
export function whyNot(node: NodeRecord, pkg: PackageRecord | undefined, around: Surroundings): Refusal | undefined {
  const passing = [whyCordoned(node), whyBound(around.rollout)].filter((each) => each !== undefined);
  const other = whyUnfit(node, pkg, around);
  // what it has is no trouble, and may be about to change by what it is in
  const all = other === undefined || (other.isInstalled && passing.length > 0) ? passing : [...passing, other];
  const decisive = all.find(({ reason }) => reason !== 'NOT_ALLOWED_NOW') ?? all[0];
  if (decisive === undefined || all.length === 1) return decisive;
  const message = all.map((each) => each.message).join('; it also ');
  const hint = decisive.reason === 'NOT_ALLOWED_NOW' ? all.map((each) => each.hint).join(' ') : decisive.hint;
  return { ...decisive, message, hint };
}

function whyCordoned({ cordonReason, hostname }: NodeRecord): Refusal | undefined {
  if (cordonReason === undefined) return undefined;
  return refusal('NOT_ALLOWED_NOW', `is cordoned: ${cordonReason}`, `"uvsctl node uncordon ${hostname} --reason …" takes it back in.`);
}

function whyBound(rollout: OtherRollout | undefined): Refusal | undefined {
  if (rollout === undefined) return undefined;
  const { id, isAborted, isPaused } = rollout;
  if (isPaused) {
    const hint = `"uvsctl rollouts show ${id}" says why: resume it and wait, or abort it.`;
    return refusal('NOT_ALLOWED_NOW', `is part of rollout ${id}, which is paused`, hint);
  }
  return isAborted
    ? refusal(
        'NOT_ALLOWED_NOW',
        `is not done with the aborted rollout ${id}`,
        `"uvsctl rollouts show ${id}" says what is missing there. The other nodes may be named without it.`,
      )
    : refusal('NOT_ALLOWED_NOW', `is part of rollout ${id}, which has not ended`, `Wait for ${id}, or abort it.`);
}

function whyUnfit(node: NodeRecord, pkg: PackageRecord | undefined, around: Surroundings): Refusal | undefined {
  if (node.facts === undefined) {
    return refusal('NOT_ALLOWED_NOW', 'has not reported its facts yet', 'Start its agent and see that it connects.');
  }
  return (
    (around.goal.kind === 'rollback' ? whyNotBack(node, around.goal) : undefined) ??
    whyNotRestarted(around) ??
    whyNotMigrated(node.facts, around.goal) ??
    (pkg === undefined
      ? undefined
      : (wrongTarget(node, pkg) ??
        whyMixed(node.facts, pkg) ??
        wrongOrder(node.facts.installed, pkg) ??
        wrongBase(node.facts.installed, pkg) ??
        whyUnmet(node.facts, pkg.demands))) ??
    (isMonitor(rolesThatCount(node, undefined)) && around.monitors < FEWEST_MONITORS
      ? refusal(
          'NOT_ALLOWED_NOW',
          `is one of ${around.monitors} monitor${around.monitors === 1 ? '' : 's'}, and without it they would have no majority`,
          `Bring the cluster to ${FEWEST_MONITORS} monitors first; until then such a node can only be worked on from its console.`,
        )
      : undefined)
  );
}

/** As the node itself would say once it was asked to. */
function whyNotRestarted({ goal, restartable }: Surroundings): Refusal | undefined {
  const refused = unitsRefused(goal, restartable);
  if (refused.length === 0) return undefined;
  const named =
    restartable === undefined || restartable.length === 0 ? 'names none' : `names ${restartable.slice(0, UNITS_SHOWN).join(', ')}`;
  return refusal(
    'TARGET_MISMATCH',
    `does not ${goal.kind === 'migration' ? 'stop' : 'restart'} ${refused.join(', ')}: \`services\` in its agent.toml ${named}`,
    'Choose other units or other nodes, or have its agent.toml name them and restart its agent.',
  );
}

/** The node itself looks whether the directory is there, and fits; `none` is what it tells also of what somebody has mounted on /m2 by other means, to which it brings nothing. */
function whyNotMigrated({ m2, agentVersion }: NodeFacts, goal: RolloutGoal): Refusal | undefined {
  if (goal.kind !== 'migration') return undefined;
  if (m2 === undefined) {
    const hint = 'Bring it a newer agent, or choose other nodes.';
    return refusal('AGENT_TOO_OLD', `tells of no SSD on /m2: its agent (${agentVersion}) is too old, or manages a sandbox`, hint);
  }
  // undoing needs no SSD
  if (goal.act === 'undo' || m2.state === 'mounted' || m2.state === 'misaligned') return undefined;
  const hint =
    m2.state === 'none'
      ? 'Set it up on the node: `uvs-agent m2 plan`, then `uvs-agent m2 prepare`.'
      : '`uvs-agent m2 show` on the node says more; docs/nodes.md, "The SSD on /m2".';
  return refusal('NOT_ALLOWED_NOW', `has no SSD on /m2 that works (${m2.state})`, hint);
}

/** Says whether a node has this very release, each of its components. */
export function hasRelease(installed: readonly InstalledRelease[], pkg: PackageRecord): boolean {
  return wrongOrder(installed, pkg)?.isInstalled === true;
}

function wrongTarget(node: NodeRecord, pkg: PackageRecord): Refusal | undefined {
  const { facts } = node;
  const { target } = pkg;
  if (facts === undefined) return undefined;
  const mismatch = (what: string, has: string, wanted: readonly string[]): Refusal =>
    refusal(
      'TARGET_MISMATCH',
      `has ${what} ${has === '' ? '(none)' : has}, the package is for ${wanted.join(' or ')}`,
      'Take the package that was built for this node.',
    );
  if (target.distro !== '' && target.distro !== facts.distroId) return mismatch('distro', facts.distroId, [target.distro]);
  if (!isAmong(facts.distroVersion, target.distroVersions)) return mismatch('distro version', facts.distroVersion, target.distroVersions);
  if (!isAmong(facts.arch, target.archs)) return mismatch('architecture', facts.arch, target.archs);
  if (!isAmong(facts.board, target.boards)) return mismatch('board', facts.board, target.boards);
  if (target.roles.length > 0 && !node.roles.some((role) => target.roles.includes(role))) {
    return mismatch('role', node.roles.join(', '), target.roles);
  }
  return undefined;
}

function wrongOrder(installed: readonly InstalledRelease[], pkg: PackageRecord): Refusal | undefined {
  const places = Object.entries(pkg.components);
  let isInstalled = places.length > 0;
  for (const [component, brought] of places) {
    const present = installed.find((release) => release.component === component);
    if (present === undefined) {
      isInstalled = false;
      continue;
    }
    const difference = brought.epoch - present.epoch || brought.releaseSeq - present.releaseSeq;
    if (difference < 0) {
      return refusal(
        'RELEASE_NOT_NEWER',
        `has ${component} ${present.version} (release ${order(present)}), the package brings release ${order(brought)}`,
        'Only a higher release number replaces an installed one.',
      );
    }
    if (difference > 0) {
      isInstalled = false;
    } else if (present.manifestHash !== pkg.manifestHash) {
      return refusal(
        'RELEASE_CONTENT_CHANGED',
        `has another ${component} under the same release ${order(present)}`,
        'Give the changed release a number of its own.',
      );
    }
  }
  if (!isInstalled) return undefined;
  return { ...refusal('RELEASE_NOT_NEWER', `already has ${pkg.version}`, 'There is nothing to do.'), isInstalled: true };
}

/** A release that counts as installed is not brought again, whatever a node's files are: that is no reason to say that there is nothing to do. */
function whyMixed({ installed, mixture = '', mixedReleases }: NodeFacts, pkg: PackageRecord): Refusal | undefined {
  if (mixture === '' || !hasRelease(installed, pkg)) return undefined;
  const forward = 'What counts as installed is not brought again: push the release that was to come, or a newer full one.';
  if (mixedReleases?.includes(pkg.manifestHash) === true)
    return refusal('RELEASE_NOT_NEWER', `counts ${pkg.version} as installed, and its files are a mixture: ${mixture}`, forward);
  if (mixedReleases !== undefined) return undefined;
  const unsaid = 'some of its files are a mixture, of that release or another one (its agent is too old to say which)';
  return refusal('RELEASE_NOT_NEWER', `counts ${pkg.version} as installed, and ${unsaid}: ${mixture}`, forward);
}

function wrongBase(installed: readonly InstalledRelease[], pkg: PackageRecord): Refusal | undefined {
  if (!pkg.isPartial || pkg.base === undefined) return undefined;
  if (installed.some((release) => release.manifestHash === pkg.base)) return undefined;
  return refusal(
    'BASE_MISMATCH',
    `does not have the release that this partial package builds on (manifest ${pkg.base.slice(0, 12)})`,
    'Install the full release first.',
  );
}

function isAmong(value: string, allowed: readonly string[]): boolean {
  return allowed.length === 0 || allowed.includes(value);
}

function order(place: { readonly epoch: number; readonly releaseSeq: number }): string {
  return place.epoch === 0 ? `${place.releaseSeq}` : `${place.epoch}:${place.releaseSeq}`;
}

function refusal(reason: Reason, message: string, hint: string): Refusal {
  return { reason, message, hint, isInstalled: false };
}
