import type { Condition } from '../../../proto/gen/uvs/v1/Condition.ts';
import type { KnownMember, LedgerRecord, NodeRecord } from '../../domain.ts';
import type { NodeStatus } from '../../core.ts';
import { describeHold } from '../../hold.ts';
import { describeStuck, type DrainView } from '../../stuck-drains.ts';

/** What an operator has to know of the cluster as a whole, whether it is so or not. */
export function clusterConditions(
  ledger: LedgerRecord,
  unheard: readonly NodeRecord[],
  members: readonly KnownMember[],
  drains: readonly DrainView[],
): readonly Condition[] {
  const unrestored = describeStuck(drains);
  const down = [describeDown(members), describeUnfit(members)].filter((each) => each !== '').join('; ');
  return [
    {
      type: 'Frozen',
      status: ledger.freezeReason !== undefined,
      reason: ledger.freezeReason === undefined ? 'NotFrozen' : 'FrozenByOperator',
      message: ledger.freezeReason ?? '',
      lastTransitionTime: null,
    },
    {
      type: 'Held',
      status: ledger.hold !== undefined,
      reason: ledger.hold === undefined ? 'EtcdAsRemembered' : 'EtcdPutBack',
      message: ledger.hold === undefined ? '' : (describeHold(ledger, []) ?? ''),
      lastTransitionTime: null,
    },
    {
      type: 'Adopting',
      status: ledger.isAdopting,
      reason: ledger.isAdopting ? 'NodesAreWaitedFor' : 'NotAdopting',
      message: describeHold({ ...ledger, hold: undefined }, unheard) ?? '',
      lastTransitionTime: null,
    },
    {
      type: 'Unrestored',
      status: unrestored !== '',
      reason: unrestored === '' ? 'NothingIsLeftSet' : 'GatesCannotRestore',
      message: unrestored,
      lastTransitionTime: null,
    },
    {
      type: 'Weakened',
      status: down !== '',
      reason: down === '' ? 'AllCoordinatorsRun' : 'CoordinatorsDown',
      message: down,
      lastTransitionTime: null,
    },
  ];
}

/** Names the coordinators that do not run, and what ends that; empty where all do. */
function describeDown(members: readonly KnownMember[]): string {
  const down = members.filter(({ isDown }) => isDown).map(({ id }) => id);
  const [first] = down;
  if (first === undefined) return '';
  const which = `${down.join(', ')} ${down.length === 1 ? 'does not run, or does' : 'do not run, or do'} not reach etcd`;
  return `${which}: start what can be started; "uvsctl coordinators remove ${first} --reason TEXT" takes one away for good`;
}

/** Names the coordinators that run and can't lead as they should. */
function describeUnfit(members: readonly KnownMember[]): string {
  const ids = members.filter(({ isUnfit }) => isUnfit).map(({ id }) => id);
  if (ids.length === 0) return '';
  return `${ids.join(', ')} can't lead: see the journal there, and the disk (journalctl -u uvs-coordinator, df, dmesg)`;
}

const NODES_NAMED = 5;

/** A node, or one that was removed by force and counts until it is written off. */
interface Counted {
  readonly hostname: string;
  readonly state: NodeStatus['state'] | 'removed';
  readonly message: string;
}

/** Who uses up the budgets, by name and why: the first few, those that wait for somebody's hands ahead. */
export function nodesCondition(nodes: readonly Counted[]): Condition {
  const away = nodes.filter(({ state }) => state !== 'ready');
  const [waiting, others] = [away.filter(({ state }) => needsHands.has(state)), away.filter(({ state }) => !needsHands.has(state))];
  const named = [...waiting, ...others].slice(0, NODES_NAMED).map(({ hostname, state, message }) => `${hostname} (${state}: ${message})`);
  const more = away.length > named.length ? [`and ${away.length - named.length} more`] : [];
  return {
    type: 'NotReady',
    status: away.length > 0,
    reason: away.length === 0 ? 'AllNodesReady' : 'NodesCountAsDown',
    message: [...named, ...more].join(', '),
    lastTransitionTime: null,
  };
}

/** Nothing but an operator brings these back. */
const needsHands: ReadonlySet<Counted['state']> = new Set(['needs-operator', 'quarantined', 'unhealthy', 'cordoned', 'removed']);
