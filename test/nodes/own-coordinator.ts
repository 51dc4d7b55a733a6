import { programPath, type Program } from '../support/programs.ts';
import type { NodeShell } from './node-shell.ts';
import { agentEnv } from './updated-node.ts';

const COMMAND_MS = 60_000;

/**
 * Starts a coordinator with an etcd of its own on a node.
 * @param rootFile of this machine, for the packages that it may give out
 * @returns what runs uvsctl there as its first administrator
 */
export async function startOwnCoordinator(node: NodeShell, rootFile: string): Promise<(...args: readonly string[]) => Promise<string>> {
  const run = async (program: Program, ...args: readonly string[]): Promise<string> =>
    await node.must([programPath(program), ...args], { env: agentEnv, deadlineMs: COMMAND_MS });
  await node.copyIn(rootFile, '/root');
  const addresses = ['--grpc', '127.0.0.1:7443', '--https', '127.0.0.1:7444'];
  const etcd = ['--etcd', 'embedded'];
  await run('uvs-coordinator', 'init', '--name', 'x', '--id', 'c1', '--package-root', '/root/root.json', ...etcd, ...addresses);
  const start = `Environment=UVS_NODE=${agentEnv.UVS_NODE}\nExecStart=${programPath('uvs-coordinator')} run\n`;
  await node.write('/etc/systemd/system/uvs-coordinator.service', `[Service]\nType=notify\nNotifyAccess=all\n${start}`);
  await node.sh('systemctl daemon-reload; systemctl start uvs-coordinator', { deadlineMs: COMMAND_MS });
  return async (...args) => await run('uvsctl', '--credential', '/etc/uvs/admin.credential.json', ...args);
}
