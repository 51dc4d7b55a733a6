import { UvsError } from '../common/errors.ts';
import type { NodeRecord } from './domain.ts';

const RELEASES_SHOWN = 5;
const HASH_SHOWN = 12;

/** A release that selected nodes have. */
interface Held {
  readonly version: string;
  readonly hash: string;
  nodes: number;
  /** What those that can would go back to. */
  readonly back: Set<string>;
  /** How many of them are known to be able to. */
  able: number;
}

/**
 * Demands that a rollback which names no release can only mean one: all nodes have that release and no other, and go back to the same. Otherwise it could
 * be another than the one that its operator has in mind, such as the one before, where those that have the last one can't go back.
 * @throws UvsError INVALID_ARGUMENT
 */
export function demandOneRelease(nodes: readonly NodeRecord[]): void {
  const held = new Map<string, Held>();
  let without = 0;
  for (const { facts } of nodes) {
    const installed = new Map((facts?.installed ?? []).map(({ manifestHash, version }) => [manifestHash, version]));
    if (installed.size === 0) without += 1;
    for (const [hash, version] of installed) {
      const known = held.get(hash) ?? { version, hash, nodes: 0, back: new Set(), able: 0 };
      known.nodes += 1;
      const way = facts?.waysBack?.releases.find(({ manifestHash }) => manifestHash === hash);
      if (way?.refusal === '') {
        known.back.add(way.toVersion);
        known.able += 1;
      }
      held.set(hash, known);
    }
  }
  const [only, ...others] = held.values();
  if (only !== undefined && others.length === 0 && without === 0 && only.back.size <= 1) return;
  throw new UvsError('INVALID_ARGUMENT', `it is not said which release is to be taken back; ${what([...held.values()], without)}`, {
    hint: 'Name it: uvsctl rollback RELEASE …; nodes that do not have it are left as they are.',
  });
}

function what(held: readonly Held[], without: number): string {
  const shown = held.slice(0, RELEASES_SHOWN).map((one) => {
    const isNamedAlike = held.some((other) => other !== one && other.version === one.version);
    const name = isNamedAlike ? `${one.version} (${one.hash.slice(0, HASH_SHOWN)})` : one.version;
    return `${name} on ${count(one.nodes)} (${wayOf(one)})`;
  });
  const more = held.length > shown.length ? [`${held.length - shown.length} more`] : [];
  const none = without > 0 ? [`none that is known on ${count(without)}`] : [];
  return `the selected nodes have ${[...shown, ...more, ...none].join(', ')}`;
}

function wayOf({ back, able, nodes }: Held): string {
  if (able === 0) return 'no way back';
  const to = `back to ${[...back].slice(0, RELEASES_SHOWN).join(' or ')}`;
  return able === nodes ? to : `${to}; no way back on ${nodes - able}`;
}

function count(nodes: number): string {
  return `${nodes} node${nodes === 1 ? '' : 's'}`;
}
