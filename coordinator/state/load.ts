import { UvsError } from '../../common/errors.ts';
import type { HeldSlot, RolloutStateRecord, StepRecord } from '../domain.ts';
import type { Etcd } from '../etcd/port.ts';
import { rangeAll } from '../etcd/port.ts';
import { keys } from './keys.ts';
import type { Mirror, RolloutRecords } from './mirror.ts';
import { hasEnded, heldSlot, isSettled } from './mirror.ts';
import { parseRecord } from './parse.ts';
import {
  drainSchema,
  epochSchema,
  ledgerSchema,
  limitSchema,
  memberSchema,
  nodeSchema,
  planSchema,
  rolloutStateSchema,
  settingsSchema,
  slotSchema,
  stepSchema,
} from './records.ts';

/** Plans hold up to ten thousand UIDs, steps up to 16 KiB of output: pages of few of them stay below what one answer may hold. */
const PLANS_PER_PAGE = 20;
const STEPS_PER_PAGE = 200;

/**
 * Reads all that decisions need. The ledger comes first: whatever changes afterwards through the ledger makes the next transaction's
 * comparison fail.
 */
export async function loadMirror(etcd: Etcd): Promise<Mirror> {
  const [epoch, ledger] = [await etcd.get(keys.epoch), await etcd.get(keys.ledger)];
  if (epoch === undefined || ledger === undefined) {
    throw new UvsError('INTERNAL', `etcd has no ${epoch === undefined ? keys.epoch : keys.ledger}`, {
      hint: 'The cluster was never initialised, or etcd was rebuilt: restore its backup.',
    });
  }
  const { epoch: epochId, adopted } = parseRecord(epochSchema, epoch);
  const slots = await loadSlots(etcd, epochId);
  const [members, nodes, drains, limits, settings] = await Promise.all([
    rangeAll(etcd, keys.members),
    rangeAll(etcd, keys.nodes),
    rangeAll(etcd, keys.drains),
    rangeAll(etcd, keys.limits),
    rangeAll(etcd, keys.settings),
  ]);
  return {
    epoch: epochId,
    adoptedEpochs: adopted,
    ledger: parseRecord(ledgerSchema, ledger),
    ledgerRevision: ledger.modRevision,
    members: new Map(members.entries.map((entry) => parseRecord(memberSchema, entry)).map((record) => [record.id, record])),
    nodes: new Map(nodes.entries.map((entry) => parseRecord(nodeSchema, entry)).map((record) => [record.uid, record])),
    slots,
    drains: new Map(drains.entries.map((entry) => parseRecord(drainSchema, entry)).map((record) => [record.uid, record])),
    limits: new Map(limits.entries.map((entry) => [entry.key, parseRecord(limitSchema, entry)])),
    settings: new Map(settings.entries.map((entry) => [entry.key, parseRecord(settingsSchema, entry)])),
    rollouts: await loadOpenRollouts(etcd, new Set([...slots.values()].map((slot) => slot.rollout))),
  };
}

/** Reads every slot that is not free, granted and begun alike. */
export async function loadSlots(etcd: Etcd, epoch: string): Promise<Map<string, HeldSlot>> {
  const { entries } = await rangeAll(etcd, keys.slots);
  return new Map(
    entries.map((entry) => {
      const record = parseRecord(slotSchema, entry);
      return [record.uid, heldSlot(record, epoch, entry.createRevision, entry.modRevision)];
    }),
  );
}

async function loadOpenRollouts(etcd: Etcd, holding: ReadonlySet<string>): Promise<Map<string, RolloutRecords>> {
  const open = new Map<string, RolloutRecords>();
  for (const { plan, state } of await loadRollouts(etcd)) {
    const isOpen = !hasEnded(state) || holding.has(plan.id);
    if (isOpen) open.set(plan.id, { plan, state, steps: await loadSteps(etcd, plan.id) });
  }
  return open;
}

export interface LoadedRollout extends Omit<RolloutRecords, 'steps'> {
  /** Store revision at which it was made: an order that no clock changes. */
  readonly createRevision: number;
}

/** Reads all rollouts of the past and the present, without their steps. */
export async function loadRollouts(etcd: Etcd): Promise<LoadedRollout[]> {
  const { entries } = await rangeAll(etcd, keys.rollouts, PLANS_PER_PAGE);
  const states = new Map(entries.filter((entry) => entry.key.endsWith('/state')).map((entry) => [entry.key, entry]));
  return entries
    .filter((entry) => entry.key.endsWith('/plan'))
    .map((entry) => {
      const plan = parseRecord(planSchema, entry);
      const state = states.get(keys.rolloutState(plan.id));
      if (state === undefined) throw new UvsError('INTERNAL', `etcd has ${entry.key} without ${keys.rolloutState(plan.id)}`);
      return { plan, state: parseRecord(rolloutStateSchema, state), createRevision: entry.createRevision };
    });
}

/** Reads in which state each rollout is, of the past and the present: their plans, which may be large, stay in etcd. */
export async function loadRolloutStates(etcd: Etcd): Promise<readonly RolloutStateRecord[]> {
  const { entries } = await rangeAll(etcd, keys.rollouts, undefined, { isKeysOnly: true });
  const found = await Promise.all(entries.filter(({ key }) => key.endsWith('/state')).map(({ key }) => etcd.get(key)));
  return found.filter((entry) => entry !== undefined).map((entry) => parseRecord(rolloutStateSchema, entry));
}

/** Ids of all rollouts, of the past and the present, newest first; nothing but keys is read. */
export async function loadRolloutIds(etcd: Etcd): Promise<readonly string[]> {
  const { entries } = await rangeAll(etcd, keys.rollouts, undefined, { isKeysOnly: true });
  const ids = entries.map(({ key }) => key.slice(keys.rollouts.length).split('/')).filter(([, part]) => part === 'plan');
  // they sort by the time of their making
  return ids.map(([id = '']) => id).toReversed();
}

/** A rollout without its steps. @returns undefined where there is no such rollout. */
export async function loadRolloutHead(etcd: Etcd, id: string): Promise<Omit<RolloutRecords, 'steps'> | undefined> {
  const [plan, state] = await Promise.all([etcd.get(keys.rolloutPlan(id)), etcd.get(keys.rolloutState(id))]);
  if (plan === undefined || state === undefined) return undefined;
  return { plan: parseRecord(planSchema, plan), state: parseRecord(rolloutStateSchema, state) };
}

/** @returns undefined where there is no such rollout. */
export async function loadRollout(etcd: Etcd, id: string): Promise<RolloutRecords | undefined> {
  const head = await loadRolloutHead(etcd, id);
  return head === undefined ? undefined : { ...head, steps: await loadSteps(etcd, id) };
}

/** Reads a rollout's steps; the output of settled ones is left in etcd. */
export async function loadSteps(etcd: Etcd, rollout: string): Promise<Map<string, StepRecord>> {
  const { entries } = await rangeAll(etcd, keys.steps(rollout), STEPS_PER_PAGE);
  return new Map(
    entries.map((entry) => {
      const record = parseRecord(stepSchema, entry);
      return [record.uid, isSettled(record) ? { ...record, outputTail: '' } : record];
    }),
  );
}
