import type { NodeFacts } from '../../common/facts.ts';
import type { NodeRecord } from '../../coordinator/domain.ts';

/** What a node of the fake fleet says of itself. */
export function factsOf(uvsVersion: string, bootId: string, installed: readonly string[]): NodeFacts {
  return {
    distroId: 'debian',
    distroVersion: '12',
    arch: 'arm64',
    board: '',
    agentVersion: '0.1.0',
    uvsVersion,
    cephVersion: '16.2.15',
    kernelVersion: '6.1.0',
    diskFreeBytes: 1,
    diskTotalBytes: 2,
    bootId,
    installed: installed.map((component) => ({ component, version: uvsVersion, epoch: 0, releaseSeq: 17, manifestHash: 'b'.repeat(64) })),
    daemons: [],
  };
}

/** The same node as it is enrolled. */
export function nodeOf(uid: string, hostname: string, roles: readonly string[]): NodeRecord {
  return {
    uid,
    hostname,
    roles,
    labels: {},
    addresses: ['192.0.2.1'],
    cordonReason: undefined,
    credential: `serial-${uid}`,
    enrolledAt: 0,
    acceptedRoles: undefined,
    reportedEpoch: undefined,
    facts: factsOf('2.14.16', 'boot-1', []),
  };
}
