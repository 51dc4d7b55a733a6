import { UvsError } from '../../../common/errors.ts';
import type { TellProgress } from '../../ports.ts';
import { succeeded } from './answer.ts';
import type { Ceph } from './cli.ts';
import { ENOENT } from './failure.ts';
import { hostName, poolName, type FoundHost, type FoundPool } from './find-targets.ts';

/** Pools set at once: each is a run of the program, and the machine may be small. */
const AT_ONCE = 4;

/**
 * Sets noout or takes it back. Before 14.2 only OSDs have flags of their own, by commands of their own.
 * @throws UvsError the first failure, after all that has a name to be said was tried
 */
export async function setNoout(
  ceph: Ceph,
  found: readonly FoundHost[],
  isOn: boolean,
  hasGroupFlags: boolean,
  signal: AbortSignal,
): Promise<void> {
  const names: string[] = [];
  let failed: { readonly reason: unknown } | undefined;
  for (const each of found) {
    try {
      names.push(hostName(each));
    } catch (reason) {
      failed ??= { reason };
    }
  }
  const verb = hasGroupFlags ? [isOn ? 'set-group' : 'unset-group', 'noout'] : [isOn ? 'add-noout' : 'rm-noout'];
  const words = ['osd', ...verb, ...names];
  if (names.length > 0) succeeded(await ceph.ask(words, signal), words);
  if (failed !== undefined) throw failed.reason;
}

/**
 * Several at once: each waits for a proposal of the monitors, a second or more, and those that come together share one. Per pool in every
 * release, though some have `osd pool set noautoscale`: that flag is the operator's, of whose own there is no telling UVS's apart, and
 * until ceph/ceph#52442 taking it back turned the autoscaler on for every pool.
 * @throws UvsError the first failure, after all were tried; a pool that is gone is none
 */
export async function setAutoscale(
  ceph: Ceph,
  pools: readonly FoundPool[],
  mode: 'on' | 'off',
  signal: AbortSignal,
  tell: TellProgress,
): Promise<void> {
  const left = [...pools];
  let done = 0;
  let failed: { readonly reason: unknown } | undefined;
  const work = async (): Promise<void> => {
    for (let pool = left.shift(); pool !== undefined && !signal.aborted; pool = left.shift()) {
      try {
        const words = ['osd', 'pool', 'set', poolName(pool), 'pg_autoscale_mode', mode];
        const output = await ceph.ask(words, signal);
        if (output.code !== ENOENT) succeeded(output, words);
        done += 1;
        tell(`autoscaler ${mode} for ${done} of ${pools.length} pools`);
      } catch (reason) {
        failed ??= { reason };
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failed !== undefined) throw failed.reason;
  if (signal.aborted)
    throw new UvsError('DEADLINE_EXCEEDED', `autoscaler ${mode} for ${done} of ${pools.length} pools, and no more in time`);
}
