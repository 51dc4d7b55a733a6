import type { OsdMap } from './osds.ts';

/**
 * With these a disturbance is one of the clients', whatever was acknowledged: an OSD that stops is not noticed (nodown), one that starts does
 * not come back (noup, noin), what it missed is not made good (norecover, nobackfill), or clients are kept waiting already (pause).
 */
const HARMFUL: readonly string[] = ['pauserd', 'pausewr', 'nodown', 'noup', 'noin', 'norecover', 'nobackfill'];

const SHOWN = 5;

/**
 * Says which flags forbid that OSDs are stopped, of the whole cluster and of single OSDs, hosts and classes. The health check that tells of them tells
 * of harmless ones too, e.g. noscrub, for which operators acknowledge it: the flags themselves are judged.
 */
export function flagsRefusal({ flags, flagsOf }: OsdMap): string | undefined {
  const ofAll = harmfulIn(flags);
  const ofSome = [...flagsOf].flatMap(([name, own]) => harmfulIn(own).map((flag) => `${flag} (${name})`));
  const found = [...ofAll, ...ofSome];
  if (found.length === 0) return undefined;
  const more = found.length > SHOWN ? ` and ${found.length - SHOWN} more` : '';
  return `set in Ceph: ${found.slice(0, SHOWN).join(', ')}${more}; with it no node can be spared, whatever is acknowledged: take it back first`;
}

function harmfulIn(flags: readonly string[]): readonly string[] {
  return flags.filter((flag) => HARMFUL.includes(flag));
}
