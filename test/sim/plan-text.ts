import * as v from 'valibot';
import type { Fault, Moment, Plan, Wish } from './plan.ts';

/** A plan in one line, as readPlan takes it. */
export function planText(plan: Plan): string {
  return JSON.stringify(plan);
}

/** Reads a plan that was printed, maybe changed by hand since. @throws Error that says what is wrong with it */
export function readPlan(text: string): Plan {
  const parsed = v.safeParse(planSchema, JSON.parse(text));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Error(`this is no plan: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}`);
}

const time = v.pipe(v.number(), v.finite(), v.minValue(0));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const some = v.pipe(count, v.minValue(1));
const who = v.union([count, v.literal('its own')]);

const momentSchema = v.strictObject({
  action: v.picklist(['slots.grant', 'slots.begin', 'slots.ended', 'slots.free']),
  nth: some,
}) satisfies v.GenericSchema<unknown, Moment>;

const when = { atMs: time, on: v.exactOptional(momentSchema) };

const faultSchema = v.variant('kind', [
  v.strictObject({
    ...when,
    kind: v.picklist([
      'coordinator dies',
      'coordinator hangs',
      'coordinator is cut off',
      'coordinator loses etcd',
      'agent dies',
      'agent hangs',
      'node reboots',
      'node falls ill',
    ]),
    who,
    forMs: time,
  }),
  v.strictObject({ ...when, kind: v.literal('disk is slow'), who, writeMs: time, forMs: time }),
  v.strictObject({ ...when, kind: v.literal('node never comes back'), who }),
  v.strictObject({ ...when, kind: v.picklist(['node is cut off', 'node is slow']), who, from: who, forMs: time }),
  v.strictObject({ ...when, kind: v.picklist(['etcd has no majority', 'etcd elects a leader']), forMs: time }),
  v.strictObject({ ...when, kind: v.literal('etcd loses calls'), share: v.pipe(v.number(), v.minValue(0), v.maxValue(1)), forMs: time }),
  v.strictObject({ ...when, kind: v.picklist(['a lease ends early', 'etcd compacts', 'watches break']) }),
  v.strictObject({ ...when, kind: v.literal('etcd is restored'), afterMs: time, forMs: time, isBumped: v.boolean() }),
  v.strictObject({ ...when, kind: v.picklist(['clock jumps', "a node's clock jumps"]), who, byMs: v.pipe(v.number(), v.finite()) }),
]) satisfies v.GenericSchema<unknown, Fault>;

const wishSchema = v.variant('kind', [
  v.strictObject({
    ...when,
    kind: v.literal('roll out'),
    goal: v.picklist(['release', 'reboot', 'restart']),
    release: count,
    nodes: v.array(count),
    budget: some,
    canary: v.exactOptional(v.strictObject({ nodes: v.array(v.string()), count, soakMs: time, needsApproval: v.boolean() })),
    onFailure: v.strictObject({ action: v.picklist(['pause', 'continue', 'abort']), tolerated: count }),
  }),
  v.strictObject({ ...when, kind: v.picklist(['pause', 'resume', 'approve', 'abort']), rollout: who }),
  v.strictObject({
    ...when,
    kind: v.picklist(['cordon', 'uncordon', 'release', 'override', 'remove', 'replace', 'replace by force']),
    node: who,
  }),
  v.strictObject({ ...when, kind: v.literal('re-enrol'), node: who, isForced: v.boolean() }),
  v.strictObject({ ...when, kind: v.picklist(['freeze', 'thaw', 'adopt']) }),
  v.strictObject({ ...when, kind: v.literal('budget'), nodes: some }),
]) satisfies v.GenericSchema<unknown, Wish>;

const planSchema = v.strictObject({
  seed: v.string(),
  coordinators: some,
  nodes: some,
  troubleMs: time,
  faults: v.array(faultSchema),
  wishes: v.array(wishSchema),
}) satisfies v.GenericSchema<unknown, Plan>;
