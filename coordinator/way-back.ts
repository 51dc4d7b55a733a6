import { UvsError, type Reason } from '../common/errors.ts';
import type { WayBack } from '../common/facts.ts';
import type { NodeRecord, RolloutGoal, RolloutSpec } from './domain.ts';
import { selectNodes } from './select.ts';
import { demandOneRelease } from './unnamed-release.ts';

type Rollback = Extract<RolloutGoal, { kind: 'rollback' }>;

const NAMES_SHOWN = 3;
/** Shorter beginnings of a hash are versions. */
const SHORTEST_HASH = 8;

/**
 * Settles which release a rollback is about, by what the selected nodes have told that they could take back: the one that is named, or the only one
 * that there is. Nodes that never got it keep what they have, so that of a rollout that was given up half-way nobody goes back two releases.
 * @throws UvsError NO_WAY_BACK, AGENT_TOO_OLD, INVALID_ARGUMENT where several are possible or none is named and the nodes differ, what `selectNodes` throws
 */
export function withRelease(nodes: readonly NodeRecord[], spec: RolloutSpec): RolloutSpec {
  const { goal } = spec;
  if (goal.kind !== 'rollback') return spec;
  const selected = selectNodes(nodes, spec.selector);
  const counts = new Map<string, { readonly way: WayBack; count: number }>();
  for (const way of selected.flatMap(({ facts }) => facts?.waysBack?.releases ?? [])) {
    if (!isNamed(way, goal.release)) continue;
    const known = counts.get(way.manifestHash) ?? { way, count: 0 };
    known.count += 1;
    counts.set(way.manifestHash, known);
  }
  const [first, ...others] = counts.values();
  if (first === undefined) throw nobodyCan(selected, goal.release);
  if (goal.release === '') demandOneRelease(selected);
  if (others.length > 0) throw severalPossible([first, ...others], goal.release);
  const { manifestHash, version } = first.way;
  return { ...spec, goal: { kind: 'rollback', release: manifestHash, version } };
}

/** Why a node can't go back, as the predicate of a sentence about the node; undefined: as far as is known it can. */
export function whyNotBack(
  { facts }: NodeRecord,
  { release, version }: Rollback,
): { readonly reason: Reason; readonly message: string; readonly hint: string; readonly isInstalled: boolean } | undefined {
  const refusal = (reason: Reason, message: string, hint: string) => ({ reason, message, hint, isInstalled: false });
  const waysBack = facts?.waysBack;
  if (waysBack === undefined) {
    const agent = facts?.agentVersion ?? '';
    return refusal('AGENT_TOO_OLD', `has an agent${agent === '' ? '' : ` (${agent})`} that can't go back`, 'Update its agent first.');
  }
  const way = waysBack.releases.find(({ manifestHash }) => manifestHash === release);
  if (way?.refusal === '') return undefined;
  const forward = 'Bring it forward instead: push a release that is newer.';
  if (way !== undefined) return refusal('NO_WAY_BACK', `can't go back from ${version}: ${way.refusal}`, forward);
  if (facts?.installed.some(({ manifestHash }) => manifestHash === release) === true) {
    const why = waysBack.why === '' ? 'another release has come since' : waysBack.why;
    return refusal('NO_WAY_BACK', `retains nothing of before ${version}: ${why}`, forward);
  }
  return { ...refusal('NO_WAY_BACK', `does not have ${version}`, 'There is nothing to take back.'), isInstalled: true };
}

/** What a node would have once the release is taken back. */
export function versionBefore({ facts }: NodeRecord, { release }: Rollback): string {
  return facts?.waysBack?.releases.find(({ manifestHash }) => manifestHash === release)?.toVersion ?? '';
}

function isNamed({ manifestHash, version }: Pick<WayBack, 'manifestHash' | 'version'>, wanted: string): boolean {
  return wanted === '' || version === wanted || (wanted.length >= SHORTEST_HASH && manifestHash.startsWith(wanted));
}

function nobodyCan(selected: readonly NodeRecord[], wanted: string): UvsError {
  const able = selected.filter(({ facts }) => facts?.waysBack !== undefined);
  const what = wanted === '' ? 'go back' : `take back ${wanted}`;
  if (able.length === 0) {
    return new UvsError('AGENT_TOO_OLD', `none of the selected nodes has told that it can ${what}: their agents are too old, or away`, {
      hint: 'Update the agents first.',
    });
  }
  if (wanted !== '' && !selected.some((node) => hasNamed(node, wanted))) return nobodyHas(selected, wanted);
  const whys = able.slice(0, NAMES_SHOWN).map(({ hostname, facts }) => {
    const have = facts?.waysBack?.releases.map(({ version }) => version).join(', ') ?? '';
    const why = have === '' ? (facts?.waysBack?.why ?? '') : `could take back ${have}`;
    return `${hostname}: ${why === '' ? 'nothing is retained' : why}`;
  });
  const more = able.length - whys.length;
  return new UvsError('NO_WAY_BACK', `none of the selected nodes can ${what} (${whys.join('; ')}${more > 0 ? `; and ${more} more` : ''})`, {
    hint: '"uvsctl nodes show NODE" says what a node could go back to.',
  });
}

function hasNamed({ facts }: NodeRecord, wanted: string): boolean {
  return facts?.installed.some((release) => isNamed(release, wanted)) === true;
}

/** One answer for all nodes: it is the release that is not there, whatever each could go back to. */
function nobodyHas(selected: readonly NodeRecord[], wanted: string): UvsError {
  const counts = new Map<string, number>();
  for (const { facts } of selected) {
    for (const version of new Set(facts?.installed.map((release) => release.version))) counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  const held = [...counts].toSorted(([, left], [, right]) => right - left).map(([version, count]) => `${version} on ${nodesText(count)}`);
  const more = held.length > NAMES_SHOWN ? `, and ${held.length - NAMES_SHOWN} more` : '';
  const have = held.length === 0 ? 'they have told of no release' : `they have ${held.slice(0, NAMES_SHOWN).join(', ')}${more}`;
  return new UvsError('NO_WAY_BACK', `none of the selected nodes has ${wanted}: ${have}`, {
    hint: 'Name the release that is to be taken back, not the one before it: uvsctl rollback RELEASE …',
  });
}

function nodesText(count: number): string {
  return `${count} node${count === 1 ? '' : 's'}`;
}

function severalPossible(found: readonly { readonly way: WayBack; readonly count: number }[], wanted: string): UvsError {
  const names = found.map(({ way, count }) => {
    const name = wanted === way.version ? way.manifestHash.slice(0, 12) : way.version;
    return `${name} on ${nodesText(count)}`;
  });
  return new UvsError('INVALID_ARGUMENT', `the selected nodes could take back different releases: ${names.join(', ')}`, {
    hint: 'Name the one: uvsctl rollback RELEASE …; the other nodes are left as they are.',
  });
}
