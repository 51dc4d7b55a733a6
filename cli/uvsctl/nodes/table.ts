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

const HASH_SHOWN = 8;

/** The manifest of what a node's version of UVS is of, as far as it tells. */
function manifestOf({ facts }: Node__Output): string {
  return facts?.installed.find(({ version }) => version === facts.uvsVersion)?.manifestHash ?? '';
}

/** Versions that several builds go by among these nodes: a name alone would show different files as the same. */
function ambiguousVersions(nodes: readonly Node__Output[]): ReadonlySet<string> {
  const manifests = new Map<string, Set<string>>();
  for (const node of nodes) {
    const [version, manifest] = [node.facts?.uvsVersion ?? '', manifestOf(node)];
    if (version !== '' && manifest !== '') manifests.set(version, (manifests.get(version) ?? new Set()).add(manifest));
  }
  return new Set([...manifests].filter(([, of]) => of.size > 1).map(([version]) => version));
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

/** The node table; its first five columns are what operators of this system know. Of a version that several builds go by the manifest tells them apart. */
export function nodeColumns(nodes: readonly Node__Output[]): readonly Column<Node__Output>[] {
  const ambiguous = ambiguousVersions(nodes);
  const version = (node: Node__Output): string => {
    const manifest = ambiguous.has(node.facts?.uvsVersion ?? '') ? manifestOf(node).slice(0, HASH_SHOWN) : '';
    return manifest === '' ? uvsVersion(node) : `${uvsVersion(node)} [${manifest}]`;
  };
  return [
    { title: 'Node Name', cell: (node) => node.hostname },
    { title: 'IP Address', cell: (node) => node.addresses[0] ?? '-' },
    { title: 'Role', cell: (node) => node.roles.join(' ') || '-' },
    { title: 'UVS Version', cell: version },
    { title: 'Version', cell: otherVersions },
    { title: 'State', cell: stateWithReason, tone: stateTone },
  ];
}
