/** Lays what a release needs to bring this agent to nodes into dist/agent-tree, or the folder that is given; ARCH=arm64 for others than this machine's kind. */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { layAgentRelease } from './packages/agent.ts';
import { chosenArchitecture } from './packages/runtime.ts';
import { project } from './packages/sources.ts';
import { settleTree } from './packages/tree.ts';

const tree = resolve(process.argv[2] ?? join(project, 'dist/agent-tree'));
rmSync(tree, { recursive: true, force: true });
layAgentRelease(tree, chosenArchitecture(process.env));
settleTree(tree);
