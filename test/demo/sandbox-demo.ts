import { eightNodes, SandboxCluster } from '../support/sandbox-cluster.ts';
import { howToTalk, type Demo, type DemoOptions } from './demo.ts';
import { writeStopScript } from './stop-script.ts';

/** Nodes that are a root directory each, with an agent that is no service. A kept one outlives this process. */
export function sandboxDemo({ dir, coordinatorConfig, isKept }: DemoOptions): Demo {
  const cluster = new SandboxCluster({ dir, nodes: eightNodes, outlives: isKept, coordinatorConfig });
  return {
    start: async () => {
      await cluster.start();
      return cluster;
    },
    coordinators: () => cluster.coordinators,
    keep: () => keep(dir, cluster),
    [Symbol.asyncDispose]: () => cluster.stop(),
  };
}

function keep(dir: string, cluster: SandboxCluster): never {
  const daemons = [...cluster.agents.values(), ...cluster.coordinators];
  for (const daemon of daemons) daemon.release();
  const stop = writeStopScript(
    dir,
    daemons.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
  );
  console.log(`${howToTalk(cluster)}
A node's agent is no service here; \`systemctl stop uvs-agent\` and \`start\` are, for demo154:

  kill $(pgrep -f 'run --root ${cluster.nodeRoot('demo154')}$')
  uvs-agent run --root ${cluster.nodeRoot('demo154')} &

Logs are in ${dir}/logs, the nodes' root directories in ${dir}/nodes. To end it:

  ${stop}`);
  process.exit(0);
}
