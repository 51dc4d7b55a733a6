import { programPath, type Program } from '../support/programs.ts';
import type { NodeShell } from './node-shell.ts';
import { agentEnv } from './updated-node.ts';

const COMMAND_MS = 60_000;

/** What runs a program of this tree on a node; any exit code but 0 is an error. */
type Run = (program: Program, ...args: readonly string[]) => Promise<string>;

export function runnerOn(node: NodeShell): Run {
  return async (program, ...args) => await node.must([programPath(program), ...args], { env: agentEnv, deadlineMs: COMMAND_MS });
}

/** A service that runs a daemon of this tree. */
export async function layService(node: NodeShell, daemon: 'uvs-agent' | 'uvs-coordinator'): Promise<void> {
  const start = `Environment=UVS_NODE=${agentEnv.UVS_NODE}\nExecStart=${programPath(daemon)} run\nTimeoutStartSec=600`;
  await node.write(`/etc/systemd/system/${daemon}.service`, `[Service]\nType=notify\nNotifyAccess=all\n${start}\n`);
  await node.sh('systemctl daemon-reload');
}

/**
 * Starts a coordinator with an etcd of its own on a node.
 * @param rootFile of this machine, for the packages that it may give out
 * @returns what runs uvsctl there as its first administrator
 */
export async function startOwnCoordinator(node: NodeShell, rootFile: string): Promise<(...args: readonly string[]) => Promise<string>> {
  const run = runnerOn(node);
  await node.copyIn(rootFile, '/root');
  const addresses = ['--grpc', '127.0.0.1:7443', '--https', '127.0.0.1:7444'];
  const etcd = ['--etcd', 'embedded'];
  await run('uvs-coordinator', 'init', '--name', 'x', '--id', 'c1', '--package-root', '/root/root.json', ...etcd, ...addresses);
  await layService(node, 'uvs-coordinator');
  await node.sh('systemctl start uvs-coordinator', { deadlineMs: COMMAND_MS });
  return async (...args) => await run('uvsctl', '--credential', '/etc/uvs/admin.credential.json', ...args);
}
