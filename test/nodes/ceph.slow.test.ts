import t from 'tap';
import { describeLimit } from '../../common/limits/value.ts';
import { missingCeph } from '../ceph/test-bed.ts';
import { eventually } from '../support/eventually.ts';
import { whyNoBootedNodes } from './booted-nodes.ts';
import { CephNode, hostPrograms, STORE } from './ceph-node.ts';
import { JoinedNode } from './joined-node.ts';
import { giveSsd, mountSsd } from './loop-ssd.ts';

t.setTimeout(900_000);
const skip = whyNoBootedNodes() ?? missingCeph();
if (skip !== false && process.env['CI'] === 'true') throw new Error(skip);

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const OSD = 'ceph-osd@0.service';
const MON = 'ceph-mon@a.service';

void t.test('a real OSD and a real monitor of Ceph, services of a booted node', { skip }, async (t) => {
  const beganMs = performance.now();
  await using joined = await JoinedNode.start(
    async (node) => {
      await giveSsd(node);
      await mountSsd(node);
      await new CephNode(node).make();
    },
    { binds: [hostPrograms] },
  );
  const { node, cluster } = joined;
  const ceph = new CephNode(node);
  t.comment(`a node with a real Ceph: ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
  // before the node is gone
  await using _report = {
    [Symbol.asyncDispose]: async () => {
      if (!t.passing()) t.comment(await joined.agentLog(), await ceph.log());
    },
  };

  const heldTo = async (): Promise<number> => {
    const group = await node.must(['systemctl', 'show', '-P', 'ControlGroup', OSD]);
    return Number(await node.sh(`cat '/sys/fs/cgroup/memory${group}/memory.limit_in_bytes'`));
  };
  const shows = async (what: string, expected: RegExp): Promise<string> => {
    let printed = '';
    await eventually(what, async () => expected.test((printed = await cluster.uvsctlOk('limits', 'show'))), 30_000).catch(
      (cause: unknown) => {
        throw new Error(`${what}, not:\n${printed}`, { cause });
      },
    );
    return printed;
  };
  const set = async (limit: string): Promise<void> => {
    await cluster.uvsctlOk('limits', 'set', 'ceph-osd@*', limit, '--role', 'osd', '--reason', 'a test');
  };
  const restart = async (): Promise<void> => {
    const before = await ceph.mainPid(OSD);
    await cluster.uvsctlOk('restart', 'ceph-osd@*', '--role', 'osd', '--rolling', '--yes', '--reason', 'a test');
    t.not(await ceph.mainPid(OSD), before, 'another process');
    await ceph.untilUp();
  };
  /** What `uvsctl limits show` says that it aims at. */
  const shown = async (): Promise<string> => {
    const printed = await shows('in force', /ceph-osd@0\.service +in force +osd_memory_target is /u);
    return /osd_memory_target is (\S+) unless/u.exec(printed)?.[1] ?? printed;
  };

  await t.test('by itself the OSD does not follow the limit of its control group', async (t) => {
    await node.write(`/etc/systemd/system/${OSD}.d/50-mine.conf`, '[Service]\nMemoryMax=1280M\n');
    await node.sh(`systemctl daemon-reload; systemctl restart ${OSD}`);
    await ceph.untilUp();
    t.equal(await heldTo(), 1280 * MIB);
    t.equal(await ceph.memoryTarget(), 4 * GIB, 'more than the kernel lets it have');
    await node.sh(`rm /etc/systemd/system/${OSD}.d/50-mine.conf; systemctl daemon-reload`);
  });

  await t.test('a limit of UVS is told to the OSD at its next start, and it aims at what is shown', async (t) => {
    await set('MemoryMax=1280M');
    await shows('told', /ceph-osd@0\.service +from next start +osd_memory_target from its next start/u);
    t.equal(await heldTo(), 1280 * MIB, 'it is held to it at once');
    t.equal(await ceph.memoryTarget(), 4 * GIB, 'and does not know');
    await restart();
    t.equal(await shown(), '1GiB');
    t.equal(await heldTo(), 1280 * MIB);
    t.equal(await ceph.memoryTarget(), GIB);
  });

  await t.test('so is another one, and taken back it is as it was', async (t) => {
    await set('MemoryMax=2100M');
    await shows('told', /ceph-osd@0\.service +from next start +osd_memory_target from its next start/u);
    await restart();
    const target = await ceph.memoryTarget();
    t.equal(target, 1680 * MIB);
    t.equal(await shown(), describeLimit('MemoryMax', target));
    await cluster.uvsctlOk('limits', 'unset', 'ceph-osd@*', '--role', 'osd', '--reason', 'a test');
    await eventually('no limit holds', async () => (await heldTo()) > 2 ** 60, 30_000);
    await restart();
    t.equal(await ceph.memoryTarget(), 4 * GIB);
  });

  await t.test('it is restarted more often than the unit that Ceph ships lets it start', async (t) => {
    t.match(await node.must(['systemctl', 'show', OSD]), /^StartLimitIntervalUSec=30min\nStartLimitBurst=3$/mu);
    for (let times = 0; times < 4; times++) await restart();
  });

  const m2 = async (...args: readonly string[]): Promise<void> => {
    await cluster.uvsctlOk('m2', ...args, '--node', 'node1', '--yes');
  };
  const migrate = async (): Promise<void> => await m2('migrate', STORE, '--unit', MON);
  /** Devices that the monitor has its store's files open on, and sees its directory on. */
  const devices = async (): Promise<string> =>
    await node.sh(`cd /proc/${await ceph.mainPid(MON)}; for fd in fd/*; do case $(readlink $fd) in ${STORE}/store.db/*) stat -L -c %d $fd;; esac; done | sort -u
    stat -c %d root${STORE}`);
  const deviceOf = async (path: string): Promise<string> => await node.sh(`stat -c %d ${path}`);
  const mustServe = async (): Promise<void> => {
    t.match(await ceph.ceph('mon', 'stat'), /quorum 0 a/u);
    await ceph.untilUp();
  };

  await t.test(
    "the monitor's store is brought to the SSD while it and an OSD run, and answers from there; undone it is as it was",
    async (t) => {
      const osd = await ceph.mainPid(OSD);
      const old = await deviceOf(STORE);
      await ceph.ceph('config-key', 'set', 'uvs/before', 'one');
      const keys = await ceph.ceph('auth', 'ls');
      await migrate();
      const ssd = await deviceOf('/m2');
      t.not(ssd, old);
      t.equal(await devices(), `${ssd}\n${ssd}`, 'it has its store open there');
      t.equal(await ceph.ceph('config-key', 'get', 'uvs/before'), 'one');
      t.equal(await ceph.ceph('auth', 'ls'), keys);
      await mustServe();
      await ceph.ceph('config-key', 'set', 'uvs/after', 'two');
      await m2('undo', STORE);
      await mustServe();
      t.equal(await devices(), `${old}\n${old}`);
      t.equal(await ceph.ceph('config-key', 'get', 'uvs/before'), 'one');
      t.match(await node.exec(['ceph', '--connect-timeout', '20', 'config-key', 'get', 'uvs/after']), { code: 2, stderr: /ENOENT/u });
      t.not(await node.sh('find /m2/uvs/.undone -name CURRENT'), '', 'what was written since is set aside');
      t.equal(await ceph.mainPid(OSD), osd, 'the OSD was left alone');
    },
  );

  await t.test('confirmed, the SSD has the only store, and the monitor starts from it', async (t) => {
    const osd = await ceph.mainPid(OSD);
    await migrate();
    await ceph.ceph('config-key', 'set', 'uvs/after', 'three');
    await m2('confirm', STORE);
    await node.must(['systemctl', 'restart', MON]);
    await mustServe();
    t.equal(await ceph.ceph('config-key', 'get', 'uvs/before'), 'one');
    t.equal(await ceph.ceph('config-key', 'get', 'uvs/after'), 'three');
    const ssd = await deviceOf('/m2');
    t.equal(await devices(), `${ssd}\n${ssd}`);
    t.equal(await ceph.mainPid(OSD), osd);
    await node.sh(`systemctl stop ${MON} var-lib-ceph-mon-ceph\\\\x2da.mount`);
    t.equal(await node.sh(`ls -A ${STORE}`), '', 'nothing is below the mount');
    await node.sh(`systemctl start ${MON}`);
    await mustServe();
    t.equal(await devices(), `${ssd}\n${ssd}`, 'the monitor has it mounted');
  });
  t.comment(`a real Ceph on a booted node: ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
});
