import * as v from 'valibot';
import { UvsError } from '../../../common/errors.ts';
import type { Drain, DrainTask, TellProgress } from '../../ports.ts';
import { pause } from '../../state/pause.ts';
import { askJson, askTogether, count, readJson, succeeded, word } from './answer.ts';
import type { Ceph } from './cli.ts';
import { hostsOf, MANAGERS, NODES, OSD_MAP, PLACEMENT_GROUPS } from './cluster.ts';
import { nodeDaemons, nodesAnswer } from './daemons.ts';
import { extentOf } from './extent.ts';
import { EINVAL, ENOENT, EOPNOTSUPP } from './failure.ts';
import { managersAnswer } from './managers.ts';
import { osdMapAnswer } from './osds.ts';
import { pgAnswer } from './placement-groups.ts';
import { drainPlanFrom, drainPlanText, isEmpty, planDrain, planManagerRestart, withoutOthers } from './drain-plan.ts';

/** `osd tree`: CRUSH nodes and OSDs in one list. */
export const treeAnswer = v.pipe(
  v.object({ nodes: v.array(v.object({ id: count, name: word, type: word, children: v.optional(v.array(count), []) })) }),
  v.transform(({ nodes }): ReadonlyMap<string, readonly string[]> => {
    const nameOf = new Map(nodes.map(({ id, name }) => [id, name]));
    const hosts = nodes.filter(({ type }) => type === 'host');
    return new Map(hosts.map(({ name, children }) => [name, children.flatMap((child) => nameOf.get(child) ?? [])]));
  }),
);

const balancerAnswer = v.pipe(
  v.object({ active: v.boolean(), mode: word }),
  v.transform(({ active, mode }) => active && mode !== 'none'),
);

const OSD_TREE = ['osd', 'tree'];

/** Pools set at once: each is a run of the program, and the machine may be small. */
const AT_ONCE = 4;

/** How often it is looked whether another manager has taken over. */
const LOOK_AGAIN_MS = 500;

/**
 * Makes what the gate sets in Ceph while a node is disturbed: noout for its OSDs, so that they are not marked out and refilled; balancer
 * and autoscaler paused, so that nothing begins to move; an active manager on the node hands over first, so that nobody is without one.
 */
export function cephDrain(ceph: Ceph): Drain {
  return {
    plan: (task, signal) => plan(ceph, task, signal),
    apply: (text, signal, tell = () => undefined) => apply(ceph, text, signal, tell),
    restore: (text, others, signal, tell = () => undefined) => restore(ceph, text, others, signal, tell),
  };
}

function plan(ceph: Ceph, task: DrainTask, signal: AbortSignal): Promise<string | undefined> {
  switch (extentOf(task.restarted)) {
    case 'node':
      return planAnything(ceph, task, signal);
    case 'managers':
      return planManagers(ceph, task, signal);
  }
}

async function planAnything(ceph: Ceph, { node, others }: DrainTask, signal: AbortSignal): Promise<string | undefined> {
  const [read, isBalancing = false] = await Promise.all([
    askTogether(ceph, [NODES, OSD_MAP, OSD_TREE, MANAGERS], signal),
    readBalancer(ceph, signal),
  ]);
  const daemons = nodeDaemons(node, await hostsOf(ceph, read(NODES, nodesAnswer), signal)).names;
  if (daemons.length === 0) return undefined;
  const planned = planDrain({
    daemons,
    osdMap: read(OSD_MAP, osdMapAnswer),
    crushHosts: read(OSD_TREE, treeAnswer),
    isBalancing,
    managers: read(MANAGERS, managersAnswer),
    others: others.map(drainPlanFrom),
  });
  return isEmpty(planned) ? undefined : drainPlanText(planned);
}

/** Asks monitors only: the manager may hang. */
async function planManagers(ceph: Ceph, { node }: DrainTask, signal: AbortSignal): Promise<string | undefined> {
  const read = await askTogether(ceph, [NODES, MANAGERS], signal);
  const daemons = nodeDaemons(node, await hostsOf(ceph, read(NODES, nodesAnswer), signal)).names;
  const planned = planManagerRestart(daemons, read(MANAGERS, managersAnswer));
  return isEmpty(planned) ? undefined : drainPlanText(planned);
}

/** What is so already is not set again: a try after one that was cut off goes on where that ended. */
async function apply(ceph: Ceph, text: string, signal: AbortSignal, tell: TellProgress): Promise<void> {
  const { noout, balancer, autoscaled, failedOver, mayHang } = drainPlanFrom(text);
  if (noout.length > 0 || autoscaled.length > 0) {
    const map = await askJson(ceph, OSD_MAP, osdMapAnswer, signal);
    const missing = noout.filter((name) => map.flagsOf.get(name)?.includes('noout') !== true);
    if (missing.length > 0) await setNoout(ceph, missing, true, map.hasGroupFlags, signal);
    tell('noout is set');
    // somebody may have set one otherwise since the plan, or removed it
    const pools = map.pools.filter(({ name, autoscale }) => autoscale === 'on' && autoscaled.includes(name)).map(({ name }) => name);
    await setAutoscale(ceph, pools, 'off', signal, tell);
  }
  if (balancer) {
    await command(ceph, ['balancer', 'off'], signal);
    tell('the balancer is off');
  }
  // last, for it is what may fail: what it keeps from being set nobody takes back who has not set it
  if (failedOver !== null) {
    await failOver(ceph, failedOver, signal);
    tell(`mgr.${failedOver} hands over`);
    if (mayHang !== true) await untilHandedOver(ceph, failedOver, signal);
  }
}

/**
 * Looks first: a second time, and what has been set otherwise or removed meanwhile, is left alone. Tries all of it, whatever fails.
 * @throws UvsError the first failure
 */
async function restore(ceph: Ceph, text: string, others: readonly string[], signal: AbortSignal, tell: TellProgress): Promise<void> {
  const { noout, balancer, autoscaled } = withoutOthers(drainPlanFrom(text), others.map(drainPlanFrom));
  const map = await askJson(ceph, OSD_MAP, osdMapAnswer, signal);
  const flagged = noout.filter((name) => map.flagsOf.get(name)?.includes('noout') === true);
  const pools = map.pools.filter(({ name, autoscale }) => autoscale === 'off' && autoscaled.includes(name)).map(({ name }) => name);
  const tries = [
    async () => {
      if (flagged.length > 0) await setNoout(ceph, flagged, false, map.hasGroupFlags, signal);
      tell('noout is taken back');
    },
    () => setAutoscale(ceph, pools, 'on', signal, tell),
    async () => {
      if (balancer) await unpauseBalancer(ceph, signal);
    },
  ];
  let failed: PromiseRejectedResult | undefined;
  for (const each of tries) {
    const [outcome] = await Promise.allSettled([each()]);
    if (outcome?.status === 'rejected') failed ??= outcome;
  }
  if (failed !== undefined) throw failed.reason;
}

async function unpauseBalancer(ceph: Ceph, signal: AbortSignal): Promise<void> {
  const isBalancing = await readBalancer(ceph, signal);
  if (isBalancing === undefined) {
    throw new UvsError('UNREACHABLE', "the manager's balancer module, which was paused, does not answer", {
      hint: 'Right after a hand-over it is not loaded yet; else enable it: ceph mgr module enable balancer.',
    });
  }
  if (!isBalancing) await command(ceph, ['balancer', 'on'], signal);
}

/** Whether it balances; undefined where its module is not enabled, as in 12.2 by default. */
async function readBalancer(ceph: Ceph, signal: AbortSignal): Promise<boolean | undefined> {
  const words = ['balancer', 'status'];
  const output = await ceph.ask(words, signal);
  if (output.code === EINVAL || output.code === EOPNOTSUPP) return undefined;
  return readJson(succeeded(output, words).stdout, words, balancerAnswer);
}

/** Before 14.2 only OSDs have flags of their own, by commands of their own. */
async function setNoout(ceph: Ceph, targets: readonly string[], isOn: boolean, hasGroupFlags: boolean, signal: AbortSignal): Promise<void> {
  if (hasGroupFlags) await command(ceph, ['osd', isOn ? 'set-group' : 'unset-group', 'noout', ...targets], signal);
  else await command(ceph, ['osd', isOn ? 'add-noout' : 'rm-noout', ...targets], signal);
}

/**
 * Several at once: each waits for a proposal of the monitors, a second or more, and those that come together share one. Per pool in every
 * release, though some have `osd pool set noautoscale`: that flag is the operator's, of whose own there is no telling UVS's apart, and
 * until ceph/ceph#52442 taking it back turned the autoscaler on for every pool.
 * @throws UvsError the first failure, after all were tried; a pool that is gone is none
 */
async function setAutoscale(
  ceph: Ceph,
  pools: readonly string[],
  mode: 'on' | 'off',
  signal: AbortSignal,
  tell: TellProgress,
): Promise<void> {
  const left = [...pools];
  let done = 0;
  let failed: { readonly reason: unknown } | undefined;
  const work = async (): Promise<void> => {
    for (let pool = left.shift(); pool !== undefined && !signal.aborted; pool = left.shift()) {
      const words = ['osd', 'pool', 'set', pool, 'pg_autoscale_mode', mode];
      try {
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

/** Looks first: a second time it is another that serves. One without a standby would only take over from itself, again and again. */
async function failOver(ceph: Ceph, name: string, signal: AbortSignal): Promise<void> {
  const { active, standbys } = await askJson(ceph, MANAGERS, managersAnswer, signal);
  if (active?.name === name && standbys.length > 0) await command(ceph, ['mgr', 'fail', name], signal);
}

/**
 * Until another manager serves and has heard of all placement groups Ceph knows nothing of them; and until the one that handed over, which
 * starts anew for it, stands by, Ceph knows of no manager on that host: the gate's next answer would be a no.
 */
async function untilHandedOver(ceph: Ceph, name: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { active, standbys } = await askJson(ceph, MANAGERS, managersAnswer, signal);
    if (active !== undefined && standbys.some((standby) => standby.name === name)) {
      const { isReady, total, byState } = await askJson(ceph, PLACEMENT_GROUPS, pgAnswer, signal);
      if (isReady && total > 0 === byState.size > 0 && !byState.has('unknown')) return;
    }
    if (signal.aborted) {
      const trouble =
        active === undefined || active.name === name ? 'no other manager has taken over from it' : 'it does not stand by again';
      throw new UvsError('DEADLINE_EXCEEDED', `mgr.${name} was to hand over, and ${trouble} in time`);
    }
    await pause(LOOK_AGAIN_MS, signal);
  }
}

async function command(ceph: Ceph, words: readonly string[], signal: AbortSignal): Promise<void> {
  succeeded(await ceph.ask(words, signal), words);
}
