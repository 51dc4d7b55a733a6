import type { Rollout__Output } from '../../../proto/gen/uvs/v1/Rollout.ts';
import type { RolloutSpec__Output } from '../../../proto/gen/uvs/v1/RolloutSpec.ts';
import type { Step__Output } from '../../../proto/gen/uvs/v1/Step.ts';

/** Why a resume alone helps nobody, and what does. */
interface Futility {
  readonly why: string;
  /** To be done once the rollout is ended. */
  readonly instead: string;
  /** After what a resume helps after all; absent: after nothing. */
  readonly once?: string;
}

const anotherRelease = 'build another release, and push that.';
const neverStopped = 'A resume fails again: the node never stops that unit for a release.';
const forward = 'bring the nodes forward: push a newer release.';
const misfit: Futility = { why: 'A resume fails again: the package does not fit the node.', instead: 'push one that does.' };

/** By the reason that a node's refusal begins with. What a node lacks for a while (room, a coordinator, a service) is in none. */
const ofReleases: Readonly<Record<string, Futility>> = {
  AGENT_TOO_OLD: {
    why: 'A resume fails again with the same agent.',
    instead: "update the agent first, or build a release without what it can't do, and push that.",
    once: 'its agent is a newer one',
  },
  PATH_FORBIDDEN: {
    why: 'A resume alone fails again.',
    instead: anotherRelease,
    once: "what stands in the way is mended, where it is the node's",
  },
  SERVICE_FORBIDDEN: { why: neverStopped, instead: anotherRelease },
  PACKAGE_MALFORMED: { why: 'A resume fails again: the package itself is wrong.', instead: anotherRelease },
  TARGET_MISMATCH: misfit,
  RELEASE_NOT_NEWER: misfit,
  RELEASE_CONTENT_CHANGED: { ...misfit, instead: 'give the release a number of its own, and push that.' },
  BASE_MISMATCH: {
    why: 'A resume fails again: the node lacks a release that this one builds on or comes after.',
    instead: 'push that one first, or a full release.',
  },
  SIGNATURE_MISSING: { why: 'A resume fails again: too few keys vouch for the package.', instead: 'have it signed anew, and push that.' },
  KEY_UNKNOWN: {
    why: "A resume alone fails again: no key that vouches for the package is in the node's root file.",
    instead: 'have it signed by another key, and push that.',
    once: 'that file is a newer one (uvs-agent trust)',
  },
};

const nobodyVouches: Futility = {
  why: 'A resume fails again: nobody vouches any more for what they would go back to.',
  instead: forward,
};

/** What was revoked stays so, and a barrier does; a mount comes back. */
const ofRollbacks: Readonly<Record<string, Futility>> = {
  KEY_UNKNOWN: nobodyVouches,
  SIGNATURE_MISSING: nobodyVouches,
  SERVICE_FORBIDDEN: { why: neverStopped, instead: forward },
  NO_WAY_BACK: { why: 'A resume fails again, unless the reason can be mended (a file system that is not mounted).', instead: forward },
};

const elsewhere = 'name nodes that have it: --node or --label.';

/** What is asked of a node that is not there, or that the node does not do, is so the next time as well. */
const ofActions: Readonly<Record<string, Futility>> = {
  NOT_FOUND: { why: 'A resume fails again as long as there is none on the node.', instead: elsewhere, once: 'there is one' },
  PERMISSION_DENIED: {
    why: 'A resume alone fails again: the node restarts and stops what is of Ceph, and what its agent.toml names.',
    instead: 'name other units or other nodes.',
    once: 'its agent.toml names the unit in `services`, and its agent was restarted',
  },
  CONFLICT: { why: 'A resume alone fails again.', instead: 'see to what it says.', once: 'that is done' },
  NOT_ALLOWED_NOW: {
    why: 'A resume alone fails again.',
    instead: 'name another directory or other nodes.',
    once: 'what stands in the way is mended',
  },
};

/** Says so of a failed step; undefined where a resume may well help. */
export function whyResumeIsFutile(
  { spec }: Pick<Rollout__Output, 'spec'>,
  { message }: Pick<Step__Output, 'message'>,
): Futility | undefined {
  const reason = /^([A-Z_]+):/u.exec(message)?.[1];
  if (reason === undefined) return undefined;
  const known = knownOf(spec?.action);
  return Object.hasOwn(known, reason) ? known[reason] : undefined;
}

function knownOf(action: RolloutSpec__Output['action'] | undefined): Readonly<Record<string, Futility>> {
  switch (action) {
    case 'rollback':
      return ofRollbacks;
    case 'restart':
    case 'migration':
      return ofActions;
    case 'reboot':
    case undefined:
      return ofReleases;
  }
}
