import { UvsError } from '../../../common/errors.ts';
import type { Drain, DrainTask, TellProgress } from '../../ports.ts';
import { pause } from '../../state/pause.ts';
import { askJson, askTogether, succeeded } from './answer.ts';
import { pauseBalancer, readBalancer } from './balancer.ts';
import type { Ceph } from './cli.ts';
import { hostsOf, MANAGERS, NODES, OSD_MAP, OSD_TREE, PLACEMENT_GROUPS } from './cluster.ts';
import { treeAnswer } from './crush-hosts.ts';
import { nodeDaemons, nodesAnswer } from './daemons.ts';
import { drainPlanFrom, drainPlanText, isEmpty, planDrain, planManagerRestart, withoutOthers } from './drain-plan.ts';
import { extentOf } from './extent.ts';
import { findTargets } from './find-targets.ts';
import { managersAnswer } from './managers.ts';
import { osdMapAnswer } from './osds.ts';
import { pgAnswer } from './placement-groups.ts';
import { setAutoscale, setNoout } from './set-targets.ts';
import { takeBack } from './take-back.ts';

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
    restore: (text, others, signal, tell = () => undefined) =>
      takeBack(ceph, withoutOthers(drainPlanFrom(text), others.map(drainPlanFrom)), signal, tell),
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
  const plan = drainPlanFrom(text);
  const { noout, balancer, autoscaled, failedOver, mayHang } = plan;
  if (noout.length > 0 || autoscaled.length > 0) {
    const found = await findTargets(ceph, plan, signal);
    const missing = found.noout.filter(({ hasNoout }) => !hasNoout);
    await setNoout(ceph, missing, true, found.hasGroupFlags, signal);
    tell('noout is set');
    // somebody may have set one otherwise since the plan, or removed it
    const pools = found.pools.filter(({ autoscale }) => autoscale === 'on');
    await setAutoscale(ceph, pools, 'off', signal, tell);
  }
  if (balancer) {
    await pauseBalancer(ceph, signal);
    tell('the balancer is off');
  }
  // last, for it is what may fail: what it keeps from being set nobody takes back who has not set it
  if (failedOver !== null) {
    await failOver(ceph, failedOver, signal);
    tell(`mgr.${failedOver} hands over`);
    if (mayHang !== true) await untilHandedOver(ceph, failedOver, signal);
  }
}

/** Looks first: a second time it is another that serves. One without a standby would only take over from itself, again and again. */
async function failOver(ceph: Ceph, name: string, signal: AbortSignal): Promise<void> {
  const { active, standbys } = await askJson(ceph, MANAGERS, managersAnswer, signal);
  if (active?.name !== name || standbys.length === 0) return;
  const words = ['mgr', 'fail', name];
  succeeded(await ceph.ask(words, signal), words);
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
