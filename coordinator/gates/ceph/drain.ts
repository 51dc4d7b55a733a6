import * as v from 'valibot';
import { UvsError } from '../../../common/errors.ts';
import type { NodeRecord } from '../../domain.ts';
import type { Drain } from '../../ports.ts';
import { pause } from '../../state/pause.ts';
import { askJson, count, EINVAL, EOPNOTSUPP, readJson, succeeded, word } from './answer.ts';
import type { AskCeph } from './cli.ts';
import { readHosts, readManagers, readOsdMap, readPlacementGroups } from './cluster.ts';
import { nodeDaemons } from './daemons.ts';
import { drainPlanFrom, drainPlanText, isEmpty, planDrain, withoutOthers } from './drain-plan.ts';

/** `osd tree`: CRUSH nodes and OSDs in one list. */
const treeAnswer = v.pipe(
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

/** How often it is looked whether another manager has taken over. */
const LOOK_AGAIN_MS = 500;

/**
 * Makes what the gate sets in Ceph while a node is disturbed: noout for its OSDs, so that they are not marked out and refilled; balancer
 * and autoscaler paused, so that nothing begins to move; an active manager on the node hands over first, so that nobody is without one.
 */
export function cephDrain(ask: AskCeph): Drain {
  return {
    plan: (node, others, signal) => plan(ask, node, others, signal),
    apply: (text, signal) => apply(ask, text, signal),
    restore: (text, others, signal) => restore(ask, text, others, signal),
  };
}

async function plan(ask: AskCeph, node: NodeRecord, others: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  const daemons = nodeDaemons(node, await readHosts(ask, signal)).names;
  if (daemons.length === 0) return undefined;
  const [osdMap, crushHosts, isBalancing = false, managers] = await Promise.all([
    readOsdMap(ask, signal),
    askJson(ask, ['osd', 'tree'], treeAnswer, signal),
    readBalancer(ask, signal),
    readManagers(ask, signal),
  ]);
  const planned = planDrain({ daemons, osdMap, crushHosts, isBalancing, managers, others: others.map(drainPlanFrom) });
  return isEmpty(planned) ? undefined : drainPlanText(planned);
}

async function apply(ask: AskCeph, text: string, signal: AbortSignal): Promise<void> {
  const { noout, balancer, autoscaled, failedOver } = drainPlanFrom(text);
  if (noout.length > 0) await setNoout(ask, noout, true, (await readOsdMap(ask, signal)).hasGroupFlags, signal);
  if (failedOver !== null) await failOver(ask, failedOver, signal);
  if (balancer) await command(ask, ['balancer', 'off'], signal);
  for (const pool of autoscaled) await setAutoscale(ask, pool, 'off', signal);
}

/** Looks first: a second time, and what has been set otherwise or removed meanwhile, is left alone. */
async function restore(ask: AskCeph, text: string, others: readonly string[], signal: AbortSignal): Promise<void> {
  const { noout, balancer, autoscaled } = withoutOthers(drainPlanFrom(text), others.map(drainPlanFrom));
  const map = await readOsdMap(ask, signal);
  const flagged = noout.filter((name) => map.flagsOf.get(name)?.includes('noout') === true);
  if (flagged.length > 0) await setNoout(ask, flagged, false, map.hasGroupFlags, signal);
  for (const pool of autoscaled) {
    if (map.pools.some(({ name, autoscale }) => name === pool && autoscale === 'off')) await setAutoscale(ask, pool, 'on', signal);
  }
  if (balancer && (await readBalancer(ask, signal)) === false) await command(ask, ['balancer', 'on'], signal);
}

/** Whether it balances; undefined where its module is not enabled, as in 12.2 by default. */
async function readBalancer(ask: AskCeph, signal: AbortSignal): Promise<boolean | undefined> {
  const words = ['balancer', 'status'];
  const output = await ask(words, signal);
  if (output.code === EINVAL || output.code === EOPNOTSUPP) return undefined;
  return readJson(succeeded(output, words).stdout, words, balancerAnswer);
}

/** Before 14.2 only OSDs have flags of their own, by commands of their own. */
async function setNoout(
  ask: AskCeph,
  targets: readonly string[],
  isOn: boolean,
  hasGroupFlags: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (hasGroupFlags) await command(ask, ['osd', isOn ? 'set-group' : 'unset-group', 'noout', ...targets], signal);
  else await command(ask, ['osd', isOn ? 'add-noout' : 'rm-noout', ...targets], signal);
}

async function setAutoscale(ask: AskCeph, pool: string, mode: 'on' | 'off', signal: AbortSignal): Promise<void> {
  await command(ask, ['osd', 'pool', 'set', pool, 'pg_autoscale_mode', mode], signal);
}

/** Until another manager serves and has heard of all placement groups, Ceph knows nothing of them, and the gate's next answer would be no. */
async function failOver(ask: AskCeph, name: string, signal: AbortSignal): Promise<void> {
  if ((await readManagers(ask, signal)).active?.name === name) await command(ask, ['mgr', 'fail', name], signal);
  for (;;) {
    const { active } = await readManagers(ask, signal);
    if (active !== undefined && active.name !== name) {
      const { isReady, total, byState } = await readPlacementGroups(ask, signal);
      if (isReady && total > 0 === byState.size > 0 && !byState.has('unknown')) return;
    }
    if (signal.aborted) throw new UvsError('DEADLINE_EXCEEDED', `no other manager has taken over from mgr.${name} in time`);
    await pause(LOOK_AGAIN_MS, signal);
  }
}

async function command(ask: AskCeph, words: readonly string[], signal: AbortSignal): Promise<void> {
  succeeded(await ask(words, signal), words);
}
