import type { AtBegin } from './at-begin.ts';
import { silenceRefusal } from './before.ts';
import type { ClusterState } from './cluster.ts';
import { splitName } from './daemons.ts';
import type { Extent } from './extent.ts';
import { flagsRefusal } from './flags.ts';
import { recoveryRefusal, toldByMonitors } from './health.ts';
import { allManagers } from './managers.ts';
import { isInPlace } from './metadata-servers.ts';
import { quorumRefusal } from './monitors.ts';
import { pgRefusal, unknownPgsRefusal } from './placement-groups.ts';

export interface AfterQuestion {
  readonly state: ClusterState;
  readonly silentMonitors: readonly string[];
  /** All that the node had in service at its beginning, or has now. */
  readonly daemons: readonly string[];
  /** Undefined where nothing was noted: then nothing shows a restart. */
  readonly atBegin: AtBegin | undefined;
  readonly extent: Extent;
}

export type Recovery =
  | { readonly isBack: false; readonly reason: string }
  /** All is in place; of `unchanged` nothing shows that it has started since: it never stopped, or Ceph has not noticed yet that it did. */
  | { readonly isBack: true; readonly unchanged: readonly string[] };

/** Judges whether a node's daemons are back: each must be in its place, and show whether it has started since the beginning. */
export function recovery({ state, silentMonitors, daemons, atBegin, extent }: AfterQuestion): Recovery {
  const general = quorumRefusal(state.quorum) ?? silenceRefusal(silentMonitors) ?? dataRefusal(state, extent);
  const places = daemons.map((name) => placeOf(name, state, atBegin));
  const away = daemons.filter((_, index) => places[index] === 'away');
  if (away.length > 0) return { isBack: false, reason: `not back: ${away.join(', ')}${general === undefined ? '' : `; ${general}`}` };
  if (general !== undefined) return { isBack: false, reason: general };
  const disturbed = daemons
    .filter((_, index) => places[index] === 'unchanged')
    .filter((name) => extent === 'node' || name.startsWith('mgr.'));
  return { isBack: true, unchanged: disturbed };
}

/** Of a restart of managers alone data knows nothing: what they say of it need not be good, but one must be there that says it. */
function dataRefusal({ health, managers, osdMap, placementGroups }: ClusterState, extent: Extent): string | undefined {
  switch (extent) {
    case 'node':
      return flagsRefusal(osdMap) ?? recoveryRefusal(health) ?? pgRefusal(placementGroups);
    case 'managers':
      if (managers.active === undefined) return 'no manager is active';
      return recoveryRefusal(toldByMonitors(health)) ?? unknownPgsRefusal(placementGroups);
  }
}

type Place = 'away' | 'unchanged' | 'restarted';

function placeOf(name: string, state: ClusterState, before: AtBegin | undefined): Place {
  const daemon = splitName(name);
  switch (daemon?.type) {
    case 'osd': {
      const osd = state.osdMap.osds.get(daemon.id);
      if (osd?.isUp !== true) return 'away';
      return before !== undefined && osd.upFrom > before.osdEpoch ? 'restarted' : 'unchanged';
    }
    case 'mon': {
      if (!state.quorum.inQuorum.includes(daemon.id)) return 'away';
      // one that leaves or joins makes all of them elect anew: being in a later quorum is to have taken part
      return before !== undefined && state.quorum.electionEpoch > before.electionEpoch ? 'restarted' : 'unchanged';
    }
    case 'mgr': {
      const found = allManagers(state.managers).find((manager) => manager.name === daemon.id);
      return found === undefined ? 'away' : since(found.gid, before?.managerGids[daemon.id]);
    }
    case 'mds': {
      const found = state.metadataServers.find((server) => server.name === daemon.id);
      return found === undefined || !isInPlace(found) ? 'away' : since(found.gid, before?.metadataServerGids[daemon.id]);
    }
    case undefined:
      return 'away';
  }
}

/** A daemon that was not there at the beginning shows nothing by being there now. */
function since(gid: number, earlier: number | undefined): Place {
  return earlier !== undefined && gid !== earlier ? 'restarted' : 'unchanged';
}
