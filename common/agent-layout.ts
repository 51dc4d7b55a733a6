/**
 * Where a node has its agent, as paths below its root. Each version of the agent and of the runtime has a directory of its own, and nothing in them
 * ever changes: a release that brings another agent puts new directories and moves the pointer. docs/ARCHITECTURE.md, "The agent updates itself".
 */
export const agentLayout = {
  /** Above all of the others; the vendor's alone. */
  top: 'usr/lib/uvs',
  /** VERSION/lib/uvs-agent.js, and VERSION/runtime, a symlink to the directory of a runtime; in those of releases maybe VERSION/coordinator and VERSION/cli. */
  versions: 'usr/lib/uvs/agent',
  /** VERSION/node */
  runtimes: 'usr/lib/uvs/runtime',
  /** Symlink to the version that runs; made by the first release that brings an agent, and moved by releases alone. */
  pointer: 'usr/lib/uvs/agent/current',
  /** Symlink to the version that came with the .deb or .rpm, which owns it; it runs where there is no pointer. */
  packaged: 'usr/lib/uvs/agent/packaged',
  /** Symlink to the runtime that came with a package of its own; all packaged programs run on it. */
  packagedRuntime: 'usr/lib/uvs/runtime/packaged',
} as const;

/** What starts the agent, and falls back to the one before: comes with packages, and no release may touch it. */
export const outsideReleases: readonly string[] = [
  'usr/bin/uvs-agent',
  'usr/lib/uvs/launch-agent',
  agentLayout.packaged,
  agentLayout.packagedRuntime,
  'usr/lib/systemd/system/uvs-agent.service',
  'usr/lib/systemd/system/uvs-agent-recover.service',
];

/** Directories of the packages' own versions are called so, in a .rpm too: package managers and releases never share one. */
export const PACKAGED_PREFIX = 'deb-';

/** Name of a version's directory. The launcher, a shell script, goes by the same rule. */
const versionName = /^[0-9A-Za-z][0-9A-Za-z.+~_-]{0,63}$/;

export function isVersionName(name: string): boolean {
  return versionName.test(name);
}
