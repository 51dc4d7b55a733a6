import * as v from 'valibot';
import { UvsError } from '../../../common/errors.ts';
import { isPlainHost, type CrushHost } from './crush-hosts.ts';
import { idsOf } from './daemons.ts';
import { amongTargets, targetSchema, type DrainTarget } from './drain-target.ts';
import type { Managers } from './managers.ts';
import { NOAUTOSCALE } from './noautoscale.ts';
import type { OsdMap } from './osds.ts';

const targets = v.pipe(v.array(targetSchema), v.maxLength(10_000));

const drainPlanSchema = v.strictObject({
  /** OSDs ("osd.3") and CRUSH hosts that must not be marked out. */
  noout: targets,
  /** Whether the balancer is to be paused. */
  balancer: v.boolean(),
  /** Pools whose autoscaling is to be paused. */
  autoscaled: targets,
  /** The manager that is to hand over first; nothing of it is taken back. */
  failedOver: v.nullable(v.string()),
  /** It may hang: nobody waits until it stands by again. Left out in older records. */
  mayHang: v.optional(v.literal(true)),
});

/** What is set in Ceph for the time of a node's step, without what others have set before. */
export type DrainPlan = v.InferOutput<typeof drainPlanSchema>;

export function drainPlanText(plan: DrainPlan): string {
  return JSON.stringify(plan);
}

/** @throws UvsError INTERNAL where the record is none that this version has written */
export function drainPlanFrom(text: string): DrainPlan {
  return fromRecord(drainPlanSchema, text);
}

/** Reads what the gate itself has written into a record. @throws UvsError INTERNAL */
export function fromRecord<Schema extends v.GenericSchema>(schema: Schema, text: string): v.InferOutput<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  throw new UvsError('INTERNAL', "the Ceph gate's own record can't be read", {
    hint: 'Another version of the coordinator has written it: run the newest.',
    details: { issue: parsed.issues[0].message },
  });
}

export interface DrainSituation {
  readonly daemons: readonly string[];
  readonly osdMap: OsdMap;
  readonly crushHosts: readonly CrushHost[];
  readonly isBalancing: boolean;
  readonly managers: Managers;
  /** What is planned for other nodes at this moment: not set by others, though it is set. */
  readonly others: readonly DrainPlan[];
}

/** Decides what to set. What is so already without UVS is not in the plan, so that nobody takes it back. */
export function planDrain(situation: DrainSituation): DrainPlan {
  const { daemons, osdMap, isBalancing, managers, others } = situation;
  const hasOsds = idsOf(daemons, 'osd').length > 0;
  const active = managers.active?.name;
  return {
    noout: osdMap.flags.includes('noout') ? [] : nooutTargets(situation),
    balancer: hasOsds && (isBalancing || others.some((other) => other.balancer)),
    autoscaled: hasOsds && !osdMap.flags.includes(NOAUTOSCALE) ? autoscaledPools(situation) : [],
    failedOver: active !== undefined && idsOf(daemons, 'mgr').includes(active) ? active : null,
  };
}

/** The same where nothing but managers is restarted: the one that serves hands over if another can, and nothing else has to do with it. */
export function planManagerRestart(daemons: readonly string[], { active, standbys }: Managers): DrainPlan {
  const isHandingOver = active !== undefined && standbys.length > 0 && idsOf(daemons, 'mgr').includes(active.name);
  return { noout: [], balancer: false, autoscaled: [], failedOver: isHandingOver ? active.name : null, mayHang: true };
}

export function isEmpty(plan: DrainPlan): boolean {
  return plan.noout.length === 0 && !plan.balancer && plan.autoscaled.length === 0 && plan.failedOver === null;
}

function autoscaledPools({ osdMap, others }: DrainSituation): DrainTarget[] {
  const isOfOthers = amongTargets(others.flatMap(({ autoscaled }) => autoscaled));
  return osdMap.pools
    .filter(({ id, name, autoscale }) => autoscale === 'on' || (autoscale === 'off' && isOfOthers({ id, name })))
    .filter(({ name }) => isSayablePool(name))
    .map(({ id, name }) => ({ name, id }));
}

/** Whether the program would not take a pool's name for an option. */
export function isSayablePool(name: string): boolean {
  return !name.startsWith('-');
}

/** A CRUSH host where all that it holds is the node's; else, before 14.2, and where its name means something else, the OSDs themselves. */
function nooutTargets({ daemons, osdMap, crushHosts, others }: DrainSituation): DrainTarget[] {
  const own = daemons.filter((name) => name.startsWith('osd.'));
  const hosts = osdMap.hasGroupFlags
    ? crushHosts.filter(({ name, osds }) => isPlainHost(name) && osds.length > 0 && osds.every((osd) => own.includes(osd)))
    : [];
  const covered = new Set(hosts.flatMap(({ osds }) => osds));
  const osds = own.filter((osd) => !covered.has(osd)).map((name): DrainTarget => ({ name }));
  const isOfOthers = amongTargets(others.flatMap(({ noout }) => noout));
  return [...hosts.map(({ id, name }): DrainTarget => ({ name, id })), ...osds].filter(
    (target) => osdMap.flagsOf.get(target.name)?.includes('noout') !== true || isOfOthers(target),
  );
}

/** What of a plan is to be taken back while others still want theirs. */
export function withoutOthers(plan: DrainPlan, others: readonly DrainPlan[]): DrainPlan {
  const isNooutOfOthers = amongTargets(others.flatMap(({ noout }) => noout));
  const isPoolOfOthers = amongTargets(others.flatMap(({ autoscaled }) => autoscaled));
  return {
    noout: plan.noout.filter((target) => !isNooutOfOthers(target)),
    balancer: plan.balancer && !others.some((other) => other.balancer),
    autoscaled: plan.autoscaled.filter((target) => !isPoolOfOthers(target)),
    failedOver: null,
  };
}
