/**
 * Lays what a release needs to bring this UVS to nodes into dist/agent-tree, or the folder that is given: the agent, and what is named after it of
 * `coordinator` and `cli`. ARCH=arm64 for others than this machine's kind.
 *
 *   node packaging/agent-tree.ts [FOLDER [coordinator] [cli]]
 */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { companions, layAgentRelease } from './packages/agent.ts';
import { building, Mistake } from './packages/mistake.ts';
import { chosenArchitecture } from './packages/runtime.ts';
import { project } from './packages/sources.ts';
import { settleTree } from './packages/tree.ts';

await building(() => {
  const [folder = join(project, 'dist/agent-tree'), ...named] = process.argv.slice(2);
  const beside = companions.filter((companion) => named.includes(companion));
  if (beside.length < named.length)
    throw new Mistake(`Beside the agent a release may bring ${companions.join(' and ')}, not ${named.join(' ')}.`);
  const architecture = chosenArchitecture(process.env);
  const tree = resolve(folder);
  rmSync(tree, { recursive: true, force: true });
  layAgentRelease(tree, architecture, beside);
  settleTree(tree);
});
