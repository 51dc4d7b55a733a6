import { agentBounds } from '../../../common/agent-bounds.ts';
import { cutText } from '../../../common/cut.ts';
import { isDaemonName, MAX_DAEMONS, MAX_WAYS_BACK, type InstalledRelease, type NodeFacts, type WaysBack } from '../../../common/facts.ts';
import { m2States } from '../../../common/m2-states.ts';
import type { NodeM2__Output } from '../../../proto/gen/uvs/v1/NodeM2.ts';
import type { NodeWaysBack as NodeWaysBackMessage, NodeWaysBack__Output } from '../../../proto/gen/uvs/v1/NodeWaysBack.ts';
import type { NodeFacts as NodeFactsMessage, NodeFacts__Output } from '../../../proto/gen/uvs/v1/NodeFacts.ts';

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
    waysBack: facts.waysBack === undefined ? null : waysBackMessage(facts.waysBack),
    mixture: facts.mixture ?? '',
    m2: facts.m2 ?? null,
    mixedReleases: [...(facts.mixedReleases ?? [])],
  };
}

/** Facts from an agent. What is beyond the bounds is cut: a node that says too much is heard all the same. */
export function factsFrom(message: NodeFacts__Output): NodeFacts {
  return {
    distroId: shown(message.distroId),
    distroVersion: shown(message.distroVersion),
    arch: shown(message.arch),
    board: shown(message.board),
    agentVersion: shown(message.agentVersion),
    uvsVersion: shown(message.uvsVersion),
    cephVersion: shown(message.cephVersion),
    kernelVersion: shown(message.kernelVersion),
    diskFreeBytes: count(message.diskFreeBytes),
    diskTotalBytes: count(message.diskTotalBytes),
    bootId: shown(message.bootId),
    installed: message.installed.slice(0, agentBounds.components).map((release): InstalledRelease => ({
      component: shown(release.component),
      version: shown(release.version),
      epoch: count(release.epoch),
      releaseSeq: count(release.releaseSeq),
      manifestHash: shown(release.manifestHash),
    })),
    daemons: message.daemons === null ? undefined : daemonsFrom(message.daemons.names),
    waysBack: message.waysBack === null ? undefined : waysBackFrom(message.waysBack),
    // a coordinator of before there were the fields can read the records of all other nodes
    ...(message.mixture === '' ? {} : { mixture: shown(message.mixture, agentBounds.reason) }),
    ...m2From(message.m2),
    ...(message.mixture === '' || message.mixedReleases.length === 0
      ? {}
      : { mixedReleases: message.mixedReleases.slice(0, agentBounds.components).map((hash) => shown(hash)) }),
  };
}

/** A state that only newer agents know is not told. */
function m2From(message: NodeM2__Output | null): Pick<NodeFacts, 'm2'> {
  const state = m2States.find((one) => one === message?.state);
  return message === null || state === undefined ? {} : { m2: { state, message: shown(message.message, agentBounds.reason) } };
}

function waysBackMessage({ releases, why }: WaysBack): NodeWaysBackMessage {
  return { releases: releases.map((release) => ({ ...release, sizeBytes: String(release.sizeBytes) })), why };
}

function waysBackFrom({ releases, why }: NodeWaysBack__Output): WaysBack {
  return {
    releases: releases.slice(0, MAX_WAYS_BACK).map((release) => ({
      manifestHash: shown(release.manifestHash),
      version: shown(release.version),
      toVersion: shown(release.toVersion),
      sizeBytes: count(release.sizeBytes),
      refusal: shown(release.refusal, agentBounds.reason),
    })),
    why: shown(why, agentBounds.reason),
  };
}

/** What is asked of the storage about them is decided by these names: a list with one that is none is not known at all. */
function daemonsFrom(names: readonly string[]): readonly string[] | undefined {
  return names.length <= MAX_DAEMONS && names.every(isDaemonName) ? names : undefined;
}

/** Control characters, C1 among them (a terminal obeys U+009B like ESC [), and the marks that reorder or hide text (CVE-2021-42574). */
const unshown = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** A text that is told and shown, never acted on: what a terminal would obey goes, and so does what is too long. */
export function shown(text: string, most: number = agentBounds.fact): string {
  return cutText(text.replaceAll(unshown, ' '), most);
}

/** A 64-bit count as proto-loader gives it; the nearest that a number holds. */
function count(text: string | number): number {
  const number = Number(text);
  return Number.isNaN(number) ? 0 : Math.min(Math.max(0, Math.trunc(number)), Number.MAX_SAFE_INTEGER);
}
