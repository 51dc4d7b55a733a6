import type { Command } from 'commander';
import type { NodeM2__Output } from '../../../proto/gen/uvs/v1/NodeM2.ts';
import type { Node__Output } from '../../../proto/gen/uvs/v1/Node.ts';
import { formatBytes, formatTime } from '../../output/quantity.ts';
import { resourceName } from '../arguments.ts';
import type { Context, Run } from '../context.ts';
import { showFields } from '../show.ts';
import { nodeState, otherVersions, uvsVersion } from './table.ts';

/** `uvsctl nodes show`: everything that is known of one node. */
export function addNodesShow(group: Command, run: Run): void {
  group.command('show').description('everything that is known of one node').argument('<node>', 'name or UID').action(run(showNode));
}

async function showNode(context: Context, name: string): Promise<void> {
  const response = await context.api.call('uvs.v1.NodeService', 'GetNode', { name: resourceName('nodes', name) }, context.callLimits);
  const { node } = response;
  if (node === null) return;
  const { facts } = node;
  const counted = [...new Set([...node.acceptedRoles, ...node.roles])].join(' ') || 'none';
  showFields(context, node, [
    ['Node Name', node.hostname],
    ['UID', node.uid],
    ['State', node.stateMessage === '' ? nodeState(node) : `${nodeState(node)}: ${node.stateMessage}`],
    ['Cordoned', node.cordonReason],
    ['IP Addresses', node.addresses.join(', ')],
    ['Roles', node.roles.join(' ')],
    ['Counts as', node.rolesUnaccepted ? `${counted}, until "uvsctl nodes accept-roles ${node.hostname} --reason TEXT"` : ''],
    [
      'Labels',
      Object.entries(node.labels)
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .join(' '),
    ],
    ['UVS Version', uvsVersion(node)],
    ['Versions', otherVersions(node)],
    ['Distribution', facts === null ? '' : `${facts.distroId} ${facts.distroVersion} (${facts.arch})`],
    ['Board', facts?.board ?? ''],
    ['Agent', facts?.agentVersion ?? ''],
    ['Disk free', facts === null ? '' : `${formatBytes(Number(facts.diskFreeBytes))} of ${formatBytes(Number(facts.diskTotalBytes))}`],
    ['SSD on /m2', m2Text(facts?.m2 ?? null)],
    ['Boot', facts?.bootId ?? ''],
    ...(facts?.installed ?? []).map(
      ({ component, version, epoch, releaseSeq, manifestHash }) =>
        ['Installed', `${component} ${version} (epoch ${epoch}, release ${releaseSeq}, manifest ${manifestHash.slice(0, 12)})`] as const,
    ),
    ['Mixed', facts?.mixture ?? ''],
    ...(facts?.waysBack?.releases ?? []).map(({ version, toVersion, sizeBytes, refusal }) => {
      const kept = `${toVersion} is retained, ${formatBytes(Number(sizeBytes))}`;
      return ['Way back', refusal === '' ? `from ${version}: ${kept}` : `none from ${version}: ${refusal} (${kept})`] as const;
    }),
    ['No way back', facts === null ? '' : (facts.waysBack?.why ?? 'its agent is too old to go back')],
    ['Root file', rootText(node)],
    ['Enrolled', formatTime(node.enrolTime)],
    ['Last seen', formatTime(node.lastSeenTime)],
  ]);
}

function m2Text(m2: NodeM2__Output | null): string {
  if (m2 === null || m2.state === 'none') return '';
  return m2.message === '' ? m2.state : `${m2.state}: ${m2.message}`;
}

function rootText({ packageRootVersion, packageRootMessage }: Node__Output): string {
  if (packageRootVersion === 0) return '';
  return `version ${packageRootVersion}${packageRootMessage === '' ? '' : `; ${packageRootMessage}`}`;
}
