import * as v from 'valibot';
import { UvsError } from '../../../common/errors.ts';
import { idsOf } from './daemons.ts';
import type { Managers } from './managers.ts';
import type { OsdMap } from './osds.ts';

const names = v.pipe(v.array(v.pipe(v.string(), v.nonEmpty(), v.maxLength(512))), v.maxLength(10_000));

const drainPlanSchema = v.strictObject({
  /** OSDs ("osd.3") and CRUSH hosts that must not be marked out. */
  noout: names,
  /** Whether the balancer is to be paused. */
  balancer: v.boolean(),
  /** Pools whose autoscaling is to be paused. */
  autoscaled: names,
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
  /** Which OSDs each CRUSH host holds, by its name. */
  readonly crushHosts: ReadonlyMap<string, readonly string[]>;
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
    autoscaled: hasOsds
      ? osdMap.pools
          .filter(
            ({ name, autoscale }) => autoscale === 'on' || (autoscale === 'off' && others.some((other) => other.autoscaled.includes(name))),
          )
          .map(({ name }) => name)
          // the program would take it for an option
          .filter((name) => !name.startsWith('-'))
      : [],
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

/** What `osd set-group` takes for a host, and not for the id of an OSD, for every OSD or for an option. */
function isPlainHost(name: string): boolean {
  return /^(?!(?:all|any)$|osd\.)[a-z]/iu.test(name);
}

/** A CRUSH host where all that it holds is the node's; else, before 14.2, and where its name means something else, the OSDs themselves. */
function nooutTargets({ daemons, osdMap, crushHosts, others }: DrainSituation): string[] {
  const own = daemons.filter((name) => name.startsWith('osd.'));
  const hosts = osdMap.hasGroupFlags
    ? [...crushHosts].filter(([host, osds]) => isPlainHost(host) && osds.length > 0 && osds.every((osd) => own.includes(osd)))
    : [];
  const covered = new Set(hosts.flatMap(([, osds]) => osds));
  const targets = [...hosts.map(([host]) => host), ...own.filter((osd) => !covered.has(osd))];
  return targets.filter(
    (name) => osdMap.flagsOf.get(name)?.includes('noout') !== true || others.some((other) => other.noout.includes(name)),
  );
}

/** What of a plan is to be taken back while others still want theirs. */
export function withoutOthers(plan: DrainPlan, others: readonly DrainPlan[]): DrainPlan {
  return {
    noout: plan.noout.filter((name) => !others.some((other) => other.noout.includes(name))),
    balancer: plan.balancer && !others.some((other) => other.balancer),
    autoscaled: plan.autoscaled.filter((name) => !others.some((other) => other.autoscaled.includes(name))),
    failedOver: null,
  };
}
