import * as v from 'valibot';
import type { ClusterMaps } from './cluster.ts';
import { idsOf } from './daemons.ts';
import { allManagers } from './managers.ts';

const number = v.pipe(v.number(), v.safeInteger());

/** What was so right before a node began: whatever is newer afterwards has started since. */
export const atBeginSchema = v.strictObject({
  /** All daemons of the node that were in service. */
  daemons: v.array(v.string()),
  electionEpoch: number,
  osdEpoch: number,
  /** By name. */
  managerGids: v.record(v.string(), number),
  metadataServerGids: v.record(v.string(), number),
});

export type AtBegin = v.InferOutput<typeof atBeginSchema>;

export function atBegin(state: ClusterMaps, daemons: readonly string[]): AtBegin {
  const managers = idsOf(daemons, 'mgr');
  const servers = idsOf(daemons, 'mds');
  return {
    daemons: [...daemons],
    electionEpoch: state.quorum.electionEpoch,
    osdEpoch: state.osdMap.epoch,
    managerGids: gids(allManagers(state.managers), managers),
    metadataServerGids: gids(state.metadataServers, servers),
  };
}

function gids(all: readonly { readonly name: string; readonly gid: number }[], wanted: readonly string[]): Record<string, number> {
  return Object.fromEntries(all.filter(({ name }) => wanted.includes(name)).map(({ name, gid }) => [name, gid]));
}
