import { UvsError } from '../../../common/errors.ts';
import type { TellProgress } from '../../ports.ts';
import { pause } from '../../state/pause.ts';
import { unpauseBalancer } from './balancer.ts';
import type { Ceph } from './cli.ts';
import type { DrainPlan } from './drain-plan.ts';
import { findTargets, type FoundPool, type FoundTargets } from './find-targets.ts';
import { isOffInEveryPool } from './noautoscale.ts';
import { setAutoscale, setNoout } from './set-targets.ts';

const SHOWN = 5;

/** A monitor that lags behind by a moment answers as if nothing had been taken back yet. */
const LOOKS = 3;
const LOOK_AGAIN_MS = 500;

/**
 * Takes back what a plan has set. Looks first: a second time, and what has been set otherwise or removed meanwhile, is left alone. Tries all of it,
 * whatever fails, and looks again afterwards: only then nobody has to remember it.
 * @returns what is left as it is, and why, in words for operators
 * @throws UvsError the first failure; CONFLICT where something is set still
 */
export async function takeBack(ceph: Ceph, plan: DrainPlan, signal: AbortSignal, tell: TellProgress): Promise<readonly string[]> {
  const hasTargets = plan.noout.length > 0 || plan.autoscaled.length > 0;
  const found: FoundTargets = hasTargets ? await findTargets(ceph, plan, signal) : { noout: [], pools: [], hasGroupFlags: false };
  let left: readonly FoundPool[] = [];
  const tries = [
    async () => {
      const flagged = found.noout.filter(({ hasNoout }) => hasNoout);
      await setNoout(ceph, flagged, false, found.hasGroupFlags, signal);
      tell('noout is taken back');
    },
    async () => {
      const off = found.pools.filter(isOff);
      if (off.length > 0 && (await isOffInEveryPool(ceph, signal))) left = off;
      else await setAutoscale(ceph, off, 'on', signal, tell);
    },
    async () => {
      if (plan.balancer) await unpauseBalancer(ceph, signal);
    },
  ];
  let failed: PromiseRejectedResult | undefined;
  for (const each of tries) {
    const [outcome] = await Promise.allSettled([each()]);
    if (outcome?.status === 'rejected') failed ??= outcome;
  }
  if (failed !== undefined) throw failed.reason;
  if (hasTargets) await untilTakenBack(ceph, plan, left, signal);
  return [...offStill(left), ...lost(found)];
}

function isOff({ autoscale }: FoundPool): boolean {
  return autoscale === 'off';
}

/** The map and the tree of hosts are two answers, and a name is said a moment after it was read: what was renamed in between was missed. */
async function untilTakenBack(ceph: Ceph, plan: DrainPlan, left: readonly FoundPool[], signal: AbortSignal): Promise<void> {
  const isLeft = new Set(left.map(({ target }) => target));
  for (let looks = 1; ; looks += 1) {
    const { noout, pools } = await findTargets(ceph, plan, signal);
    const still = [
      ...noout.filter(({ hasNoout }) => hasNoout).map(({ name }) => `noout of ${name}`),
      ...pools.filter((pool) => isOff(pool) && !isLeft.has(pool.target)).map(({ name }) => `autoscaler off of pool ${name}`),
    ];
    if (still.length === 0) return;
    if (looks === LOOKS) {
      throw new UvsError('CONFLICT', `was taken back and is set still: ${some(still)}`, {
        hint: 'Was it renamed or set anew at that moment? It is tried again.',
      });
    }
    await pause(LOOK_AGAIN_MS, signal);
  }
}

function offStill(left: readonly FoundPool[]): readonly string[] {
  if (left.length === 0) return [];
  const names = some(left.map(({ name, target }) => name ?? target.name));
  return [`autoscaler off of ${left.length === 1 ? 'pool' : 'pools'} ${names}, for "osd pool set noautoscale" was said meanwhile`];
}

/** What an earlier coordinator has recorded by its name alone, and has another one since, if it is there at all. */
function lost({ noout, pools }: FoundTargets): readonly string[] {
  const isLost = ({
    target,
    name,
  }: {
    readonly target: { readonly id?: number | undefined };
    readonly name: string | undefined;
  }): boolean => target.id === undefined && name === undefined;
  const names = [
    ...noout.filter(isLost).map(({ target }) => `noout of the CRUSH host ${target.name}`),
    ...pools.filter(isLost).map(({ target }) => `autoscaler off of the pool ${target.name}`),
  ];
  return names.length === 0 ? [] : [`${some(names)}, for none has that name any more`];
}

function some(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return `${names.slice(0, SHOWN).join(', ')}${more}`;
}
