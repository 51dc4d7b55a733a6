import type { Ceph } from './cli.ts';
import { succeeded } from './answer.ts';
import { EINVAL, ENOENT } from './failure.ts';

/** `osd pool get noautoscale` would ask for more than the gate's key may do, and a manager. */
const OPTION = ['config', 'get', 'mgr', 'mgr/pg_autoscaler/noautoscale'];

/** The flag of the OSD map that `osd pool set noautoscale` sets since ceph/ceph#52442: pools keep their own modes, which count for nothing meanwhile. */
export const NOAUTOSCALE = 'noautoscale';

/**
 * Asks whether an operator has said `osd pool set noautoscale` where that writes "off" into every pool, and its `unset` "on": as a manager's option,
 * from 16.2.8 on until ceph/ceph#52442. Other releases do not know the option (ENOENT; 12.2 not even the command).
 * @throws UvsError what `ceph.ask` throws; PERMISSION_DENIED, UNREACHABLE
 */
export async function isOffInEveryPool(ceph: Ceph, signal: AbortSignal): Promise<boolean> {
  const output = await ceph.ask(OPTION, signal);
  if (output.code === ENOENT || output.code === EINVAL) return false;
  return succeeded(output, OPTION).stdout.trim() === 'true';
}
