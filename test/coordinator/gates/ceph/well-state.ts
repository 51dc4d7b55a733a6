import { readState, type ClusterState } from '../../../../coordinator/gates/ceph/cluster.ts';
import { ScriptedCeph } from './answers.ts';

const { state: well } = await readState(new ScriptedCeph(), new AbortController().signal);

/** What the 16.2.15 of the fixtures says of itself: three monitors, three OSDs, two managers, a metadata server and a standby. */
export function wellState(): ClusterState {
  return well;
}
