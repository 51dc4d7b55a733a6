import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { agentLayout, PACKAGED_PREFIX } from '../../common/agent-layout.ts';
import { layProgram, layVendoredFiles } from './program.ts';
import { layRuntime, runtimeVersion, type Architecture } from './runtime.ts';
import { productVersion } from './sources.ts';

/** What a release may bring beside the agent, each in a folder of its name in the agent's directory. */
export const companions = ['coordinator', 'cli'] as const;
export type Companion = (typeof companions)[number];

/**
 * Lays what a release needs to replace the agents of nodes: the agent and a runtime, each in a directory of its version, and the pointer. No version may
 * ever come with another content: what runs is not replaced in place. What comes beside the agent goes by the same pointer, and goes with its directory.
 */
export function layAgentRelease(tree: string, architecture: Architecture, beside: readonly Companion[]): void {
  layAgent(tree, productVersion, `../../runtime/${runtimeVersion()}`);
  const directory = join(tree, agentLayout.versions, productVersion);
  for (const companion of beside) layCompanion(join(directory, companion), companion);
  layRuntime(join(tree, agentLayout.runtimes, runtimeVersion()), architecture);
  symlinkSync(productVersion, join(tree, agentLayout.pointer));
}

/** Lays the agent of the package, whose versions are apart from those of releases, and which has a pointer of its own. */
export function layPackagedAgent(tree: string): void {
  // whichever runtime is installed: it has a package of its own, which may be upgraded alone
  layAgent(tree, `${PACKAGED_PREFIX}${productVersion}`, '../../runtime/packaged');
  symlinkSync(`${PACKAGED_PREFIX}${productVersion}`, join(tree, agentLayout.packaged));
}

/** Lays the runtime of the package, which all packaged programs find by its pointer. */
export function layPackagedRuntime(tree: string, architecture: Architecture): void {
  const name = `${PACKAGED_PREFIX}${runtimeVersion()}`;
  layRuntime(join(tree, agentLayout.runtimes, name), architecture);
  symlinkSync(name, join(tree, agentLayout.packagedRuntime));
}

function layAgent(tree: string, version: string, runtime: string): void {
  const directory = join(tree, agentLayout.versions, version);
  layProgram(directory, ['uvs-agent']);
  symlinkSync(runtime, join(directory, 'runtime'));
}

function layCompanion(directory: string, companion: Companion): void {
  if (companion === 'cli') return layProgram(directory, ['uvsctl', 'upd']);
  layProgram(directory, ['uvs-coordinator']);
  layVendoredFiles(directory);
}
