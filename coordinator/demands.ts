import type { Reason } from '../common/errors.ts';
import type { NodeFacts } from '../common/facts.ts';
import type { Manifest } from '../common/upd/manifest.ts';
import { isAtLeast, isVersion, parseVersion } from '../common/version.ts';

/** What a release asks of agents and nodes beside its target, its order and its base. */
export interface Demands {
  readonly minAgent: string;
  /** It comes after one of these manifests; empty: after any, or none. */
  readonly requires: readonly string[];
  /** What no agent does yet. */
  readonly undone: readonly UndoneDemand[];
}

export type UndoneDemand = 'reboot' | 'packages';

/** Every agent is at least that. */
const FIRST_AGENT = '0.1.0';
const HASHES_SHOWN = 3;
const HASH_SHOWN_LENGTH = 12;

const undoneWords = {
  reboot: {
    message: 'has an agent that reboots no node as a part of a release, and the package wants that',
    hint: 'No agent does so yet: build the release without `reboot`, and reboot the nodes afterwards: uvsctl reboot.',
  },
  packages: {
    message: 'has an agent that installs no RPM or DEB packages, and the package brings some',
    hint: 'No agent does so yet: build the release from the files alone.',
  },
} as const satisfies Record<UndoneDemand, { readonly message: string; readonly hint: string }>;

/** What a manifest demands; undefined where any agent and node will do. */
export function demandsOf({ minAgent, requires, reboot, packages }: Pick<Manifest, 'minAgent' | 'requires' | 'reboot' | 'packages'>) {
  const undone: readonly UndoneDemand[] = [
    ...(reboot ? (['reboot'] as const) : []),
    ...(packages.length > 0 ? (['packages'] as const) : []),
  ];
  const isForAny = isAtLeast(parseVersion(FIRST_AGENT), parseVersion(minAgent)) && requires.length === 0 && undone.length === 0;
  return isForAny ? undefined : ({ minAgent, requires, undone } satisfies Demands);
}

/** Why a node does not meet them, as the predicate of a sentence about the node; as its agent would say at staging (common/upd/requirements.ts). */
export function whyUnmet(
  { agentVersion, installed }: Pick<NodeFacts, 'agentVersion' | 'installed'>,
  demands: Demands | undefined,
): { readonly reason: Reason; readonly message: string; readonly hint: string; readonly isInstalled: boolean } | undefined {
  if (demands === undefined) return undefined;
  const refusal = (reason: Reason, message: string, hint: string) => ({ reason, message, hint, isInstalled: false });
  const { minAgent, requires, undone } = demands;
  if (!isVersion(agentVersion) || !isAtLeast(parseVersion(agentVersion), parseVersion(minAgent))) {
    const has = agentVersion === '' ? 'an agent of no known version' : `agent ${agentVersion}`;
    return refusal('AGENT_TOO_OLD', `has ${has}, the package needs ${minAgent} or later`, 'Update its agent first.');
  }
  const [first] = undone;
  if (first !== undefined) return refusal('AGENT_TOO_OLD', undoneWords[first].message, undoneWords[first].hint);
  if (requires.length === 0 || installed.some(({ manifestHash }) => requires.includes(manifestHash))) return undefined;
  const shown = requires.slice(0, HASHES_SHOWN).map((hash) => hash.slice(0, HASH_SHOWN_LENGTH));
  const more = requires.length > shown.length ? ` or ${requires.length - shown.length} more` : '';
  const after =
    requires.length === 1 ? 'the release that this package must come after' : 'any of the releases that this package must come after';
  return refusal(
    'BASE_MISMATCH',
    `does not have ${after} (manifest ${shown.join(', ')}${more})`,
    'Install one of the releases in between first.',
  );
}
