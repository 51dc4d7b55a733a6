import { join } from 'node:path';
import type { BootedNode } from '../nodes/booted-node.ts';
import { whyNoBootedNodes } from '../nodes/booted-nodes.ts';
import { writeEnterScript } from '../nodes/enter-script.ts';
import { ServiceCluster } from '../nodes/service-cluster.ts';
import { eightNodes } from '../support/sandbox-cluster.ts';
import { howToTalk, type Demo, type DemoOptions } from './demo.ts';

/** Stands for Ceph's daemons, which the release of the story restarts. */
const cephUnit = `[Unit]
Description=Stands for a daemon of Ceph
PartOf=ceph.target
[Service]
ExecStart=/usr/bin/sleep infinity
[Install]
WantedBy=ceph.target
`;
const cephTarget = '[Unit]\nDescription=Stands for all daemons of Ceph\n[Install]\nWantedBy=multi-user.target\n';

/** Says why the demo can't run on booted machines here; undefined: it can. */
export function whyNotBooted(): string | undefined {
  const why = whyNoBootedNodes();
  return why === undefined ? undefined : `${why}. NODES=systemd boots machines by systemd-nspawn; \`make demo\` alone needs none of that`;
}

/** Nodes that are booted machines, with the packaged agent as their service. They end with this process, however it ends. */
export function bootedDemo({ dir, coordinatorConfig }: DemoOptions): Demo {
  const stack = new AsyncDisposableStack();
  let bed: ServiceCluster | undefined;
  return {
    start: async () => {
      const agentConfig = 'services = ["ceph.target"]\n';
      bed = stack.use(await ServiceCluster.start({ dir, nodes: eightNodes, coordinatorConfig, agentConfig, prepare: haveCeph }));
      return bed.cluster;
    },
    coordinators: () => bed?.cluster.coordinators ?? [],
    keep: async (signal) => {
      if (bed !== undefined) await keep(dir, bed, signal);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function haveCeph(node: BootedNode): Promise<void> {
  await node.write('/etc/os-release', 'ID=debian\nVERSION_ID="12"\n');
  await node.write('/etc/systemd/system/ceph-demo.service', cephUnit);
  await node.write('/etc/systemd/system/ceph.target', cephTarget);
  await node.sh('systemctl daemon-reload && systemctl enable --now --quiet ceph.target ceph-demo.service');
}

async function keep(dir: string, bed: ServiceCluster, signal: AbortSignal): Promise<void> {
  const enter = writeEnterScript(join(dir, 'enter'), bed.bedDirectory);
  console.log(`${howToTalk(bed.cluster)}
Each node is a machine with a systemd of its own. To enter one, or to run something there:

  ${enter} demo154
  ${enter} demo154 systemctl status uvs-agent ceph.target
  ${enter} demo154 journalctl -u uvs-agent -f
  ${enter} demo154 systemctl reboot

The coordinator's log is in ${dir}/logs. The machines live as long as this command. To end all of it: Ctrl-C here, or

  kill ${process.pid}`);
  // an interval, because a signal alone would not keep the process
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  clearInterval(alive);
}
