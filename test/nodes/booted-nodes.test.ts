import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { BootedNodes, whyNoBootedNodes } from './booted-nodes.ts';

t.setTimeout(400_000);
const whyNot = whyNoBootedNodes();

void t.test(
  'booted nodes are machines of their own: systemd, limits that hold, network, crash and reboot',
  { skip: whyNot ?? false },
  async (t) => {
    const startedMs = performance.now();
    await using bed = await BootedNodes.start(2);
    t.comment(`2 nodes up in ${Math.round(performance.now() - startedMs)} ms`);
    const [one, two] = bed.nodes;
    if (one === undefined || two === undefined) throw new Error('two nodes were asked for');
    t.equal(await one.must(['systemctl', 'is-system-running']), 'running', await one.must(['systemctl', '--failed']));
    t.equal(await two.must(['hostname']), 'node2');
    const server = createServer((socket) => socket.end(`you are ${socket.remoteAddress}`));
    server.listen(0, bed.gateway);
    await once(server, 'listening');
    t.teardown(() => server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('it has a port');
    const greeting = await two.must(['bash', '-c', `exec 3<>/dev/tcp/${bed.gateway}/${address.port}; cat <&3`]);
    t.equal(greeting, `you are ${two.address}`, 'it reaches this machine from an address of its own');
    t.not((await one.exec(['date', '-s', '2001-01-01'])).code, 0, 'no node may set the clock of this machine');

    const limited = await one.exec([
      'systemd-run',
      '--wait',
      '--quiet',
      '-p',
      'TasksMax=7',
      'sh',
      '-c',
      // of version 1, or of version 2
      'cat /sys/fs/cgroup/pids$(grep pids /proc/self/cgroup | cut -d: -f3)/pids.max /sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup)/pids.max 2>/dev/null > /root/max || [ -s /root/max ]',
    ]);
    t.match(limited, { code: 0 });
    t.equal(await one.read('/root/max'), '7\n', 'limits of systemd reach the kernel');

    await one.write('/root/kept', 'kept');
    await one.write('/run/gone', 'until it boots');
    await one.crash();
    await t.rejects(one.exec(['true']), /does not run/u);
    await one.boot();
    t.equal(await one.read('/root/kept'), 'kept\n');
    await one.reboot();
    t.equal(await one.must(['systemctl', 'is-system-running']), 'running');
    t.match(await one.exec(['cat', '/run/gone']), { code: 1 }, 'what is in memory is gone');
  },
);
