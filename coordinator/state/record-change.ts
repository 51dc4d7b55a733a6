import type * as v from 'valibot';
import type { CredentialRecord } from '../core.ts';
import type {
  DrainRecord,
  LimitRecord,
  Member,
  NodeRecord,
  PackageRecord,
  RolloutPlanRecord,
  RolloutStateRecord,
  SlotRecord,
  StepRecord,
  SettingsRecord,
} from '../domain.ts';
import type { Change } from '../etcd/port.ts';
import { keys } from './keys.ts';
import type { Mirror } from './mirror.ts';
import { heldSlot, isSettled } from './mirror.ts';
import { recordText } from './parse.ts';
import type { packageRootSchema } from './records.ts';

/** One change of a record: what is put into etcd, and what it makes of the mirror. */
export type RecordChange =
  | { readonly of: 'epoch'; readonly epoch: string; readonly adopted: readonly string[] }
  | { readonly of: 'member'; readonly record: Member }
  | { readonly of: 'member-gone'; readonly id: string }
  | { readonly of: 'node'; readonly record: NodeRecord }
  | { readonly of: 'node-gone'; readonly uid: string }
  /** On a lease while it is granted, without one from begun on. */
  | { readonly of: 'slot'; readonly record: SlotRecord; readonly lease: string | undefined }
  | { readonly of: 'slot-gone'; readonly uid: string }
  | { readonly of: 'drain'; readonly record: DrainRecord }
  | { readonly of: 'drain-gone'; readonly uid: string }
  | { readonly of: 'limit'; readonly record: LimitRecord }
  | { readonly of: 'limit-gone'; readonly scope: string; readonly unit: string }
  | { readonly of: 'settings'; readonly record: SettingsRecord }
  | { readonly of: 'settings-gone'; readonly scope: string }
  | { readonly of: 'rollout'; readonly plan: RolloutPlanRecord; readonly state: RolloutStateRecord }
  | { readonly of: 'rollout-state'; readonly id: string; readonly record: RolloutStateRecord }
  | { readonly of: 'step'; readonly record: StepRecord }
  /** An entry of the index; that of an operation which its step does not remember any more goes with it. */
  | {
      readonly of: 'operation';
      readonly id: string;
      readonly rollout: string;
      readonly uid: string;
      readonly forgotten: string | undefined;
    }
  | { readonly of: 'package'; readonly record: PackageRecord }
  | { readonly of: 'package-gone'; readonly digest: string }
  | { readonly of: 'credential'; readonly record: CredentialRecord }
  | { readonly of: 'withdrawals'; readonly counter: number; readonly fingerprints: readonly string[] }
  | { readonly of: 'package-root'; readonly record: v.InferOutput<typeof packageRootSchema> }
  | { readonly of: 'join-token'; readonly id: string; readonly usesLeft: number; readonly lease: string }
  | { readonly of: 'join-token-gone'; readonly id: string };

export function toEtcdChanges(change: RecordChange): readonly Change[] {
  switch (change.of) {
    case 'epoch':
      return [put(keys.epoch, { epoch: change.epoch, adopted: change.adopted })];
    case 'member':
      return [put(keys.member(change.record.id), change.record)];
    case 'member-gone':
      return [{ do: 'delete', key: keys.member(change.id) }];
    case 'node':
      return [put(keys.node(change.record.uid), change.record)];
    case 'node-gone':
      return [{ do: 'delete', key: keys.node(change.uid) }];
    case 'slot':
      return [put(keys.slot(change.record.uid), change.record, change.lease)];
    case 'slot-gone':
      return [{ do: 'delete', key: keys.slot(change.uid) }];
    case 'drain':
      return [put(keys.drain(change.record.uid), change.record)];
    case 'drain-gone':
      return [{ do: 'delete', key: keys.drain(change.uid) }];
    case 'limit':
      return [put(keys.limit(change.record.scope, change.record.unit), change.record)];
    case 'limit-gone':
      return [{ do: 'delete', key: keys.limit(change.scope, change.unit) }];
    case 'settings':
      return [put(keys.setting(change.record.scope), change.record)];
    case 'settings-gone':
      return [{ do: 'delete', key: keys.setting(change.scope) }];
    case 'rollout':
      return [put(keys.rolloutPlan(change.plan.id), change.plan), put(keys.rolloutState(change.plan.id), change.state)];
    case 'rollout-state':
      return [put(keys.rolloutState(change.id), change.record)];
    case 'step':
      return [put(keys.step(change.record.rollout, change.record.uid), change.record)];
    case 'operation':
      return [
        put(keys.operation(change.id), { rollout: change.rollout, uid: change.uid }),
        ...(change.forgotten === undefined ? [] : [{ do: 'delete' as const, key: keys.operation(change.forgotten) }]),
      ];
    case 'package':
      return [put(keys.package(change.record.digest), change.record)];
    case 'package-gone':
      return [{ do: 'delete', key: keys.package(change.digest) }];
    case 'credential':
      return [put(keys.credential(change.record.serial), change.record)];
    case 'withdrawals':
      return [put(keys.withdrawals, { counter: change.counter, fingerprints: change.fingerprints })];
    case 'package-root':
      return [put(keys.packageRoot, change.record)];
    case 'join-token':
      return [put(keys.token(change.id), { id: change.id, usesLeft: change.usesLeft }, change.lease)];
    case 'join-token-gone':
      return [{ do: 'delete', key: keys.token(change.id) }];
  }
}

/** Brings the mirror to what the transaction with this revision has made. Applying one twice is fine. */
export function applyToMirror(mirror: Mirror, change: RecordChange, revision: number): void {
  switch (change.of) {
    case 'epoch':
      mirror.epoch = change.epoch;
      mirror.adoptedEpochs = change.adopted;
      return;
    case 'member':
      mirror.members.set(change.record.id, change.record);
      return;
    case 'member-gone':
      mirror.members.delete(change.id);
      return;
    case 'node':
      mirror.nodes.set(change.record.uid, change.record);
      return;
    case 'node-gone':
      mirror.nodes.delete(change.uid);
      return;
    case 'slot': {
      const createRevision = mirror.slots.get(change.record.uid)?.createRevision ?? revision;
      mirror.slots.set(change.record.uid, heldSlot(change.record, mirror.epoch, createRevision, revision));
      return;
    }
    case 'slot-gone':
      mirror.slots.delete(change.uid);
      return;
    case 'drain':
      mirror.drains.set(change.record.uid, change.record);
      return;
    case 'drain-gone':
      mirror.drains.delete(change.uid);
      return;
    case 'limit':
      mirror.limits.set(keys.limit(change.record.scope, change.record.unit), change.record);
      return;
    case 'limit-gone':
      mirror.limits.delete(keys.limit(change.scope, change.unit));
      return;
    case 'settings':
      mirror.settings.set(keys.setting(change.record.scope), change.record);
      return;
    case 'settings-gone':
      mirror.settings.delete(keys.setting(change.scope));
      return;
    case 'rollout':
      mirror.rollouts.set(change.plan.id, { plan: change.plan, state: change.state, steps: new Map() });
      return;
    case 'rollout-state': {
      const rollout = mirror.rollouts.get(change.id);
      if (rollout !== undefined) rollout.state = change.record;
      return;
    }
    case 'step': {
      // a settled step is not written again before its next attempt, so its output may stay in etcd alone
      const record = isSettled(change.record) ? { ...change.record, outputTail: '' } : change.record;
      mirror.rollouts.get(record.rollout)?.steps.set(record.uid, record);
      return;
    }
    case 'operation':
    case 'package':
    case 'package-gone':
    case 'credential':
    case 'withdrawals':
    case 'package-root':
    case 'join-token':
    case 'join-token-gone':
      return;
  }
}

function put(key: string, record: object, lease?: string): Change {
  return { do: 'put', key, value: recordText(record), ...(lease === undefined ? {} : { lease }) };
}
