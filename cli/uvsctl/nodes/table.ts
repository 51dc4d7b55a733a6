import { withoutCommands } from '../../../common/acceptance.ts';
import type { Node__Output } from '../../../proto/gen/uvs/v1/Node.ts';
import type { Tone } from '../../output/colour.ts';
import type { Column } from '../../output/table.ts';

/** "NODE_STATE_NEEDS_OPERATOR" as people read it: "needs operator". */
export function nodeState(node: Node__Output): string {
  return node.state
    .replace(/^NODE_STATE_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
}

function stateTone(node: Node__Output): Tone {
  switch (node.state) {
    case 'NODE_STATE_READY':
      return 'good';
    case 'NODE_STATE_UPDATING':
      return 'active';
    case 'NODE_STATE_CORDONED':
    case 'NODE_STATE_UNSPECIFIED':
      return 'warn';
    case 'NODE_STATE_SILENT':
    case 'NODE_STATE_UNHEALTHY':
    case 'NODE_STATE_NEEDS_OPERATOR':
    case 'NODE_STATE_QUARANTINED':
      return 'bad';
    default:
      // A state that a newer coordinator knows.
      return node.state satisfies never;
  }
}

/** "2.14.17"; "2.14.17 (mixed)" where not all of the node's files are that release's. */
export function uvsVersion({ facts }: Node__Output): string {
  const version = facts?.uvsVersion || '-';
  return (facts?.mixture ?? '') === '' ? version : `${version} (mixed)`;
}

/** The versions beside UVS's own: "CEPH 14.2.9, KERNEL 5.4.0-uvs2"; what a node does not have is left out. */
export function otherVersions(node: Node__Output): string {
  const { cephVersion = '', kernelVersion = '' } = node.facts ?? {};
  const parts = [cephVersion === '' ? '' : `CEPH ${cephVersion}`, kernelVersion === '' ? '' : `KERNEL ${kernelVersion}`];
  return parts.filter((part) => part !== '').join(', ') || '-';
}

function stateWithReason(node: Node__Output): string {
  const why = node.cordonReason === '' ? node.stateMessage : node.cordonReason;
  return why === '' || node.state === 'NODE_STATE_READY' ? nodeState(node) : `${nodeState(node)}: ${withoutCommands(why)}`;
}

/** The node table; its first five columns are what operators of this system know. */
export const nodeColumns: readonly Column<Node__Output>[] = [
  { title: 'Node Name', cell: (node) => node.hostname },
  { title: 'IP Address', cell: (node) => node.addresses[0] ?? '-' },
  { title: 'Role', cell: (node) => node.roles.join(' ') || '-' },
  { title: 'UVS Version', cell: uvsVersion },
  { title: 'Version', cell: otherVersions },
  { title: 'State', cell: stateWithReason, tone: stateTone },
];
