import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../support/eventually.ts';
import { mustRun, programPath } from '../support/programs.ts';
import { BootedNodes, whyNoBootedNodes } from './booted-nodes.ts';
import { giveSsd, mountSsd } from './loop-ssd.ts';
import { startOwnCoordinator } from './own-coordinator.ts';
import { agentBinds, agentEnv } from './updated-node.ts';

t.setTimeout(900_000);

const directory = '/var/lib/counter';
const logs = '/var/log/ceph';
const packages = '/var/lib/uvs-coordinator/packages';
/** Writes all the time, and does not begin without what it wrote before; where there is a file `bad`, not on the SSD either. */
const service = `[Service]
ExecStart=/bin/sh -c '[ -e ${directory}/bad ] && mountpoint -q ${directory} && exit 1; while :; do n=$(($(cat ${directory}/count) + 1)); echo $n >${directory}/count.new; mv ${directory}/count.new ${directory}/count; sleep 0.2; done'
`;
/** Keeps its log open, as a daemon of Ceph does, and opens it anew when it is told to. */
const logging = `#!/bin/bash
log=${logs}/osd.log
n=$(cat $log.1 $log 2>/dev/null | wc -l)
trap 'exec >>$log' HUP
exec >>$log
while :; do n=$((n + 1)); echo "line $n"; sleep 0.05; done
`;

void t.test(
  'a directory of a service that writes all the time is brought to another disk',
  { skip: whyNoBootedNodes() ?? false },
  async (t) => {
    await using bed = await BootedNodes.start(1, { binds: [...agentBinds, '/usr/bin/etcd'] });
    const [node] = bed.nodes;
    if (node === undefined) throw new Error('one node was asked for');
    const m2 = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await node.exec([programPath('uvs-agent'), 'm2', ...args], { env: agentEnv, deadlineMs: 120_000 });
      return { code, said: stdout + stderr };
    };
    const migrate = async () => await m2('migrate', directory, '--unit', 'counter', '--no-slot', '--reason', 'a test');
    const count = async () => Number(await node.sh(`cat ${directory}/count`));
    const isMounted = async () => (await node.exec(['mountpoint', '-q', directory])).code === 0;
    await node.write('/etc/systemd/system/counter.service', service);
    await giveSsd(node);
    await node.sh(`mkdir -p ${directory}/store.db; echo 1 >${directory}/count; ln -s count ${directory}/link; head -c 3000000 /dev/urandom >${directory}/store.db/1.sst
    chmod 640 ${directory}/store.db/1.sst; chown 1:2 ${directory}/store.db/1.sst; systemctl daemon-reload; systemctl start counter`);

    await t.test('to what is not the SSD that was set up nothing is brought', async (t) => {
      await node.sh('mount -t tmpfs none /m2');
      t.match((await m2('show')).said, /^\/m2: absent: something else than the SSD is mounted on \/m2/);
      t.match((await migrate()).said, /can't be brought to \/m2: something else than the SSD is mounted on \/m2/);
      await node.sh('umount /m2; mv /var/lib/uvs-agent/m2.json /root; systemctl start m2.mount');
      t.match((await migrate()).said, /what is mounted on \/m2 was not set up by uvs-agent m2 prepare/);
      await node.sh('umount /m2; mv /root/m2.json /var/lib/uvs-agent');
      t.equal(await node.sh('systemctl is-active counter'), 'active');
    });

    await t.test('without the word, without an SSD, and of what the system needs nothing is stopped', async (t) => {
      const started = await node.sh('systemctl show --property=MainPID counter');
      t.match((await m2('migrate', directory, '--unit', 'counter')).said, /no coordinator was asked/);
      t.match((await migrate()).said, /can't be brought to \/m2: \/m2 is not mounted/);
      await mountSsd(node);
      for (const [place, why] of [
        ['/etc', /the system needs it in its place/],
        ['/var/lib', /the system needs it in its place/],
        ['/var/lib/uvs-agent', /the agent keeps its own state there/],
        ['/nowhere', /there is no such directory/],
      ] as const)
        t.match((await m2('migrate', place, '--no-slot', '--reason', 'a test')).said, why, place);
      t.match(
        (await m2('migrate', directory, '--unit', 'nobody', '--no-slot', '--reason', 'a test')).said,
        /there is no unit nobody\.service/,
      );
      t.equal(await node.sh('systemctl show --property=MainPID counter'), started);
    });

    await t.test('what writes to it all the same is found out, and all is as before', async (t) => {
      const { code, said } = await m2('migrate', directory, '--no-slot', '--reason', 'a test');
      t.not(code, 0);
      t.match(said, /works below|is as before: (?:the copy of \/var\/lib\/counter is not what|\/var\/lib\/counter changes while|cp about)/);
      t.equal(await isMounted(), false);
    });

    await t.test('another service that has a file there open is named, and nothing is stopped for it', async (t) => {
      await node.sh(
        `systemd-run --unit=holder sh -c 'exec 9>>${directory}/log; sleep 600'; until [ -e ${directory}/log ]; do sleep 0.1; done`,
      );
      const started = await node.sh('systemctl show --property=MainPID counter');
      const { code, said } = await migrate();
      t.not(code, 0);
      t.match(
        said,
        /something works below \/var\/lib\/counter: process \d+ \(.*, of holder\.service\), which has .*\/log open for writing/,
      );
      t.equal(await node.sh('systemctl show --property=MainPID counter'), started);
      await node.sh('systemctl stop holder');
    });

    await t.test('a process in a mount namespace of its own is named, and nothing is brought', async (t) => {
      await node.sh(`systemd-run --unit=boxed unshare --mount --propagation private sh -c 'cd /; touch /run/boxed; exec sleep 600'
      until [ -e /run/boxed ]; do sleep 0.1; done`);
      const started = await node.sh('systemctl show --property=MainPID counter');
      t.match(
        (await migrate()).said,
        /process \d+ \(sleep, of boxed\.service\), which sees it as \/var\/lib\/counter in a mount namespace of its own/,
      );
      t.equal(await node.sh('systemctl show --property=MainPID counter'), started);
      await node.sh('systemctl stop boxed');
    });

    await t.test('a service that does not run from the SSD is put back and named, and what it had there is set aside', async (t) => {
      const old = await node.sh(`stat -c '%d %i' ${directory}`);
      await node.sh(`touch ${directory}/bad`);
      const before = await count();
      const { code, said } = await migrate();
      t.not(code, 0);
      t.match(
        said,
        /counter was not brought to the SSD, and is as before: counter\.service does not run with \/var\/lib\/counter on the SSD/,
      );
      t.match(said, /journalctl -u counter\.service/);
      t.match(said, /what was written since is in \/m2\/uvs\/\.undone\/var-lib-counter$/m);
      t.equal(await isMounted(), false);
      t.equal(await node.sh(`stat -c '%d %i' ${directory}`), old);
      t.equal(await node.sh('systemctl is-active counter'), 'active');
      t.ok((await count()) > before);
      await eventually('it counts on', async () => (await count()) > before + 3, 30_000);
      t.notMatch((await m2('show')).said, /on its way/);
      t.equal(await node.sh("find /etc/systemd/system -path '*counter*' ! -type d"), '/etc/systemd/system/counter.service');
      // whole, and nowhere where it could be taken for what counts
      t.equal(
        await node.sh('find /m2/uvs -name 1.sst; ls -A /m2/uvs /m2/uvs/var/lib'),
        ['/m2/uvs/.undone/var-lib-counter/store.db/1.sst', '/m2/uvs:', '.undone', 'var', '', '/m2/uvs/var/lib:'].join('\n'),
      );
      await node.sh(`cmp ${directory}/store.db/1.sst /m2/uvs/.undone/var-lib-counter/store.db/1.sst; rm ${directory}/bad`);
    });

    await t.test('it counts on, on the SSD, and back again by undo', async (t) => {
      const before = await count();
      const { code, said } = await migrate();
      t.equal(code, 0, said);
      t.equal(await isMounted(), true);
      t.ok((await count()) > before);
      t.match(await node.sh(`stat -c '%a %u %g' ${directory}/store.db/1.sst; readlink ${directory}/link`), '640 1 2\ncount');
      t.match((await m2('show')).said, /\/var\/lib\/counter: on the SSD, at "unconfirmed"\. Confirm it, or undo it/);
      const undone = await m2('undo');
      t.equal(undone.code, 0, undone.said);
      t.equal(await isMounted(), false);
      t.equal(await node.sh('systemctl is-active counter'), 'active');
      t.equal(
        await node.sh("find /etc/systemd/system -path '*counter*' ! -type d"),
        '/etc/systemd/system/counter.service',
        'no unit is left',
      );
    });

    await t.test('confirmed, the old one is removed and the mount stays', async (t) => {
      const { code, said } = await migrate();
      t.equal(code, 0, said);
      const confirmed = await m2('confirm');
      t.equal(confirmed.code, 0, confirmed.said);
      const before = await count();
      t.equal(await isMounted(), true);
      t.equal(await node.sh('systemctl is-active counter'), 'active');
      t.match((await migrate()).said, /is on the SSD already/);
      await node.sh('systemctl stop counter var-lib-counter.mount');
      t.equal(await node.sh(`ls -A ${directory}`), '', 'nothing is below the mount');
      await node.sh('systemctl start counter');
      t.equal(await isMounted(), true, 'the service has it mounted');
      t.ok((await count()) >= before);
    });

    await t.test('the log directory of a daemon that writes and is rotated comes whole, with no line missing', async (t) => {
      await node.sh(`mkdir -p ${logs} && chown 3:4 ${logs} && chmod 3770 ${logs}`);
      await node.write('/usr/local/bin/logging', logging, '755');
      await node.write('/etc/systemd/system/ceph-osd@.service', '[Service]\nExecStart=/usr/local/bin/logging\n');
      const lines = async () => (await node.sh(`cat ${logs}/osd.log.1 ${logs}/osd.log 2>/dev/null || true`)).trimEnd().split('\n');
      const rotate = async () => {
        const count = (await lines()).length;
        await node.sh(`mv ${logs}/osd.log ${logs}/osd.log.1; systemctl kill --signal=HUP ceph-osd@7`);
        await eventually('it writes on in a new file', async () => (await lines()).length > count + 3, 30_000);
      };
      await node.sh('systemctl daemon-reload; systemctl start ceph-osd@7');
      await eventually('it logs', async () => (await lines()).length > 5, 30_000);
      const { code, said } = await m2('migrate', logs, '--unit', 'ceph-osd@7', '--no-slot', '--reason', 'a test');
      t.equal(code, 0, said);
      await rotate();
      t.equal((await node.exec(['mountpoint', '-q', logs])).code, 0);
      t.match(await node.sh(`stat -c '%a %u %g' ${logs}; ls /m2/uvs${logs}`), /^3770 3 4\n(.*\n)?osd\.log\nosd\.log\.1$/u);
      const confirmed = await m2('confirm');
      t.equal(confirmed.code, 0, confirmed.said);
      const seen = await lines();
      t.strictSame(
        seen,
        seen.map((_, at) => `line ${at + 1}`),
        'each once, over migration and rotation',
      );
      await node.sh('systemctl stop ceph-osd@7');
    });

    await t.test('the packages of a coordinator come whole, and it gives them out as before', async (t) => {
      const dir = mkdtempSync(join(tmpdir(), 'uvs-m2-packages-'));
      t.teardown(() => rmSync(dir, { recursive: true, force: true }));
      await mustRun('upd', ['keygen', join(dir, 'vendor')]);
      await mustRun('upd', ['root', 'init', '--product', 'uvs', '--key', join(dir, 'vendor.pub'), '--out', join(dir, 'root.json')]);
      const build = async (seq: number) => {
        writeFileSync(join(dir, 'content'), randomBytes(3_000_000));
        const tree = '[[trees]]\nsource = "content"\ndestination = "/opt/content"\n';
        writeFileSync(join(dir, 'r.toml'), `product = "uvs"\nversion = "1.${seq}"\nreleaseSeq = ${seq}\n${tree}`);
        await mustRun('upd', ['build', join(dir, 'r.toml'), '--key', join(dir, 'vendor.key'), '-o', join(dir, `${seq}.upd`)]);
        await node.copyIn(join(dir, `${seq}.upd`), '/root');
      };
      await build(1);
      await build(2);
      const uvsctl = await startOwnCoordinator(node, join(dir, 'root.json'));
      await uvsctl('packages', 'upload', '/root/1.upd');
      const whole = await node.sh(`cd ${packages} && find . -type f -exec sha256sum {} + | sort`);
      t.not(whole, '');

      const { code, said } = await m2('migrate', packages, '--unit', 'uvs-coordinator', '--no-slot', '--reason', 'a test');
      t.equal(code, 0, said);
      t.equal((await node.exec(['mountpoint', '-q', packages])).code, 0);
      t.equal(await node.sh(`cd ${packages} && find . -type f -exec sha256sum {} + | sort`), whole);
      await eventually('it leads again', async () => (await uvsctl('packages', 'list')).includes('1.1'), 60_000);
      await uvsctl('packages', 'upload', '/root/2.upd');
      const confirmed = await m2('confirm');
      t.equal(confirmed.code, 0, confirmed.said);
      t.match(await uvsctl('packages', 'list'), /1\.1[^]*1\.2|1\.2[^]*1\.1/u);
      t.equal(await node.sh(`find /m2/uvs${packages} -type f -size +2M | wc -l`), '2', 'new ones go to the SSD');
      await node.sh('systemctl stop uvs-coordinator');
    });

    await t.test('without the SSD the service does not start on an empty directory', async (t) => {
      await node.sh('systemctl stop counter var-lib-counter.mount m2.mount; rm /etc/systemd/system/m2.mount; systemctl daemon-reload');
      t.not((await node.exec(['systemctl', 'start', 'counter'])).code, 0);
    });
  },
);
