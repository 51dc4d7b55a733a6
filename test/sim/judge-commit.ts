import type { SlotRecord } from '../../coordinator/domain.ts';
import type { KeyValue } from '../../coordinator/etcd/port.ts';
import { isAuditKey } from '../../coordinator/state/audit-rings.ts';
import { keys, lastPart } from '../../coordinator/state/keys.ts';
import { parseRecord } from '../../coordinator/state/parse.ts';
import { auditSchema } from '../../coordinator/state/records.ts';
import { BrokenPromise, demandOf } from './broken-promise.ts';
import { demandDrained } from './judge-drains.ts';
import { hasBegun, hasEnded } from './machine-journal.ts';
import type { Machine } from './machine.ts';
import type { Observed } from './observed.ts';
import { entryOf, epochIn, ledgerFrom, nodesIn, planIn, slotFrom, slotsIn, stateFrom } from './stored.ts';
import type { Commit, Store } from './store.ts';

/** How long after a node has fallen silent or ill every leader must know: silence, a heartbeat, and a decision on its way. */
const KNOWN_AFTER_MS = 60_000;

const decided = [keys.slots, keys.rollouts, keys.nodes];

/** Looks at every transaction as etcd makes it. @throws BrokenPromise */
export function judgeCommit(commit: Commit, observed: Observed): void {
  const { compares, changes, before } = commit;
  const touched = changes.flatMap((change) => ('key' in change ? [change.key] : []));
  const demand = demandOf('one ledger');
  if (touched.some((key) => decided.some((prefix) => key.startsWith(prefix)))) {
    const guards = [keys.leader, keys.leader, keys.ledger].map((key, at) => ({ key, on: (['create', 'value', 'mod'] as const)[at] }));
    const hasGuards = guards.every((guard) => compares.some((one) => one.key === guard.key && one.on === guard.on));
    demand(hasGuards, `a transaction changes ${touched.join(', ')} and does not compare leader and ledger`);
    demand(touched.includes(keys.ledger), `a transaction changes ${touched.join(', ')} and does not put the ledger`);
  }
  const audit = changes.find((change) => change.do === 'put' && isAuditKey(change.key));
  const action = audit?.do === 'put' ? parseRecord(auditSchema, entryOf(audit.key, audit.value)).action : undefined;
  for (const key of touched) {
    if (!key.startsWith(keys.slots)) continue;
    demand(action !== undefined, `${key} is changed and nothing of it is in the audit log`);
    judgeSlot(key, before.get(key), action ?? '', commit, observed);
  }
}

/** A slot's life: free, granted on a lease, begun, ended, free; and what has to be true in its machine. */
function judgeSlot(key: string, before: KeyValue | undefined, action: string, commit: Commit, observed: Observed): void {
  const demand = demandOf('a slot has no other life');
  const uid = lastPart(key);
  const after = observed.store.get(key);
  const was = before === undefined ? undefined : slotFrom(before);
  const is = after === undefined ? undefined : slotFrom(after);
  const machine = observed.machines.get(uid);
  const isSame = before === undefined || after === undefined || before.createRevision === after.createRevision;
  demand(isSame, `the slot of ${uid} is another one without having been free`);
  const change: string = `${was?.state ?? 'free'} → ${is?.state ?? 'free'}`;
  switch (change) {
    case 'free → granted':
      demand(after?.lease !== '0', `the slot of ${uid} is granted on no lease`);
      return demandKnown(`${uid} is granted a slot`, commit, observed);
    case 'granted → begun':
      demand(after?.lease === '0', `the slot of ${uid} has begun and still is on a lease`);
      if (is === undefined) return;
      // an etcd that was put back is told what it has lost
      if (action === 'nodes.learn') return demandBegun(machine, is.operation);
      return judgeBegin(uid, is, commit, observed);
    case 'begun → ended':
    case 'revoked → ended':
    case 'quarantined → ended':
    case 'ended → ended':
    case 'granted → ended':
    case 'free → ended':
      return demandEnd(machine, is?.operation ?? '', `the slot of ${uid} is said to have ended`);
    case 'ended → free':
      demandEnd(machine, was?.operation ?? '', `the slot of ${uid} is freed`);
      if (action === 'slots.free' && was !== undefined) demandEvidence(machine, was, before?.modRevision ?? 0, observed);
      return;
    case 'begun → free':
    case 'revoked → free':
      throw new BrokenPromise(
        'free needs an end and evidence',
        `the slot of ${uid}, which was ${was?.state ?? ''}, is freed by ${action}, and its agent has not ended`,
      );
    case 'quarantined → free':
      demand(action === 'nodes.write-off', `the quarantined slot of ${uid} is freed by ${action}`);
      // whoever has joined again never comes back as what it was
      return demand(machine?.isOn !== true || machine.uid !== uid, `${uid} is written off and is on`);
    case 'free → quarantined':
    case 'granted → quarantined':
    case 'ended → quarantined':
      return demand(action === 'nodes.remove', `the slot of ${uid}, which is not begun, is quarantined by ${action}`);
    case 'free → begun':
      demand(is?.epoch !== epochIn(observed.store), `the slot of ${uid} has begun anew in the epoch that is`);
      demand(action === 'nodes.learn', `the slot of ${uid} has begun without having been granted`);
      return demandBegun(machine, is?.operation ?? '');
    case 'granted → free':
    case 'begun → revoked':
    case 'begun → quarantined':
    case 'revoked → revoked':
    case 'revoked → quarantined':
    case 'quarantined → quarantined':
      return;
    default:
      throw new BrokenPromise('a slot has no other life', `${action} takes the slot of ${uid} from ${change}`);
  }
}

function demandBegun(machine: Machine | undefined, operation: string): void {
  const demand = demandOf('a slot has no other life');
  demand(machine !== undefined && hasBegun(machine, operation), `the slot for ${operation} begins, and its agent has not begun it`);
}

function demandEnd(machine: Machine | undefined, operation: string, what: string): void {
  demandOf('free needs an end and evidence')(hasEnded(machine, operation), `${what}, and its agent may still act on ${operation}`);
}

/** @param endedRevision in which the slot ended */
function demandEvidence(machine: Machine | undefined, slot: SlotRecord, endedRevision: number, { store }: Observed): void {
  const demand = demandOf('free needs an end and evidence');
  const endedMs = store.writtenMs(keys.slot(slot.uid), endedRevision);
  const isAsked = machine !== undefined && machine.evidenceMs >= endedMs;
  demand(isAsked, `the slot of ${slot.uid} is freed though its node has not said since its end that it is well`);
  const isReboot = slot.outcome === 'done' && store.get(keys.rolloutPlan(slot.rollout))?.value.includes('"kind":"reboot"') === true;
  if (isReboot) demand(machine?.facts.bootId !== slot.bootId, `the slot of ${slot.uid} is freed, and its machine has not been rebooted`);
}

/** Who may be out of service by etcd and by what is true for long enough. */
function judgeBegin(uid: string, slot: SlotRecord, commit: Commit, observed: Observed): void {
  const { store, storage, machines, nowMs } = observed;
  const demand = demandOf('everything down counts');
  demandKnown(`${uid} begins`, commit, observed);
  const ledger = ledgerFrom(valueBefore(keys.ledger, commit, store));
  demand(ledger.freezeReason === undefined, `${uid} begins while the cluster is frozen`);
  const state = stateFrom(valueBefore(keys.rolloutState(slot.rollout), commit, store));
  demandDrained(storage, machines.get(uid)?.hostname ?? uid, `${uid} begins`);
  demand(state.state === 'running', `${uid} begins in a rollout that is ${state.state}`);
  const { spec, order, canaries } = planIn(store, slot.rollout);
  const isCanary = order.slice(0, canaries).includes(uid);
  const isApproved = spec.canary?.needsApproval !== true || state.approvedBy !== undefined;
  demand(isCanary || isApproved, `${uid} begins, and nobody has approved that the canaries are followed`);
  const budget = ledger.budgets['cluster'] ?? 1;
  const limit = spec.mode === 'parallel' ? Math.max(budget, spec.budget) : budget;
  const nodes = nodesIn(store);
  const down = new Set([uid, ...slotsIn(store).map((other) => other.uid)]);
  for (const node of nodes) {
    const isCordoned = node.cordonReason !== undefined;
    demand(!isCordoned || node.uid !== uid, `${uid} begins though it is cordoned`);
    if (isCordoned || isKnownToBeDown(machines.get(node.uid), nowMs)) down.add(node.uid);
  }
  demand(down.size <= limit, `${uid} begins, and with it ${down.size} nodes are down (${[...down].join(', ')}); the budget is ${limit}`);
  const monitors = nodes.filter((node) => node.roles.includes('mon'));
  const up = monitors.filter((node) => !down.has(node.uid)).length;
  demand(monitors.length === 0 || up > monitors.length / 2, `${uid} begins, and with it ${up} of ${monitors.length} monitors are up`);
}

/** Once etcd was put back nothing is granted or begun before it was adopted and every node has told what it holds. */
function demandKnown(what: string, commit: Commit, { store }: Observed): void {
  const demand = demandOf('everything down counts');
  const { hold, isAdopting } = ledgerFrom(valueBefore(keys.ledger, commit, store));
  demand(hold === undefined, `${what} while etcd is held`);
  if (!isAdopting) return;
  const unheard = nodesIn(store).filter(({ reportedEpoch }) => reportedEpoch !== epochIn(store));
  const names = unheard.map(({ hostname }) => hostname).join(', ');
  demand(unheard.length === 0, `${what} before these have told what they hold: ${names}`);
}

/** What a transaction was decided by. */
function valueBefore(key: string, { before }: Commit, store: Store): KeyValue | undefined {
  return before.has(key) ? before.get(key) : store.get(key);
}

function isKnownToBeDown(machine: Machine | undefined, nowMs: number): boolean {
  if (machine === undefined) return false;
  const isSilent = machine.silentSinceMs !== undefined && nowMs - machine.silentSinceMs > KNOWN_AFTER_MS;
  return !machine.isServing || isSilent || (machine.isIll && nowMs - machine.illSinceMs > KNOWN_AFTER_MS);
}
