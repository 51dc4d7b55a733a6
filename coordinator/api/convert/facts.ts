import { isDaemonName, MAX_DAEMONS, type InstalledRelease, type NodeFacts } from '../../../common/facts.ts';
import type { NodeFacts as NodeFactsMessage, NodeFacts__Output } from '../../../proto/gen/uvs/v1/NodeFacts.ts';
import { invalid } from '../validate.ts';

const MAX_TEXT = 256;
const MAX_INSTALLED = 64;

/** Facts for a client. */
export function factsMessage(facts: NodeFacts): NodeFactsMessage {
  return {
    distroId: facts.distroId,
    distroVersion: facts.distroVersion,
    arch: facts.arch,
    board: facts.board,
    agentVersion: facts.agentVersion,
    uvsVersion: facts.uvsVersion,
    cephVersion: facts.cephVersion,
    kernelVersion: facts.kernelVersion,
    diskFreeBytes: String(facts.diskFreeBytes),
    diskTotalBytes: String(facts.diskTotalBytes),
    bootId: facts.bootId,
    installed: facts.installed.map((release) => ({
      component: release.component,
      version: release.version,
      epoch: String(release.epoch),
      releaseSeq: String(release.releaseSeq),
      manifestHash: release.manifestHash,
    })),
    daemons: facts.daemons === undefined ? null : { names: [...facts.daemons] },
  };
}

/** Facts from an agent, each field within bounds. @throws UvsError INVALID_ARGUMENT */
export function factsFrom(message: NodeFacts__Output): NodeFacts {
  if (message.installed.length > MAX_INSTALLED) throw invalid('facts.installed', `holds more than ${MAX_INSTALLED} releases`);
  return {
    distroId: bounded(message.distroId, 'distro_id'),
    distroVersion: bounded(message.distroVersion, 'distro_version'),
    arch: bounded(message.arch, 'arch'),
    board: bounded(message.board, 'board'),
    agentVersion: bounded(message.agentVersion, 'agent_version'),
    uvsVersion: bounded(message.uvsVersion, 'uvs_version'),
    cephVersion: bounded(message.cephVersion, 'ceph_version'),
    kernelVersion: bounded(message.kernelVersion, 'kernel_version'),
    diskFreeBytes: count(message.diskFreeBytes, 'disk_free_bytes'),
    diskTotalBytes: count(message.diskTotalBytes, 'disk_total_bytes'),
    bootId: bounded(message.bootId, 'boot_id'),
    installed: message.installed.map((release): InstalledRelease => ({
      component: bounded(release.component, 'installed.component'),
      version: bounded(release.version, 'installed.version'),
      epoch: count(release.epoch, 'installed.epoch'),
      releaseSeq: count(release.releaseSeq, 'installed.release_seq'),
      manifestHash: bounded(release.manifestHash, 'installed.manifest_hash'),
    })),
    daemons: message.daemons === null ? undefined : daemonsFrom(message.daemons.names),
  };
}

/** What is asked of the storage about them is decided by these names: one that is none is refused, not cleaned. */
function daemonsFrom(names: readonly string[]): readonly string[] {
  if (names.length > MAX_DAEMONS) throw invalid('facts.daemons', `names more than ${MAX_DAEMONS}`);
  for (const name of names) {
    if (!isDaemonName(name)) throw invalid('facts.daemons', `has the bad name ${JSON.stringify(name.slice(0, 80))}`);
  }
  return names;
}

/** Control characters, C1 among them (a terminal obeys U+009B like ESC [), and the marks that reorder or hide text (CVE-2021-42574). */
const unshown = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** A text that is told and shown, never acted on: what a terminal would obey goes. */
export function bounded(text: string, field: string, maxLength = MAX_TEXT): string {
  if (text.length > maxLength) throw invalid(field, `is longer than ${maxLength} characters`);
  return text.replaceAll(unshown, ' ');
}

/** A 64-bit count as proto-loader gives it. */
export function count(text: string | number, field: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw invalid(field, 'is not a count');
  return number;
}
