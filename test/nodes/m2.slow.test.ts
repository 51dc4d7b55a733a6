import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../support/eventually.ts';
import { programPath } from '../support/programs.ts';
import { agentBinds, agentEnv } from './updated-node.ts';
import { VirtualNode, type VirtualSsd } from './virtual-node.ts';

t.setTimeout(3_600_000);

const store = '/var/lib/counter';
/** Writes all the time, and does not begin without what it wrote before. */
const counter = `[Service]
ExecStart=/bin/sh -c 'while :; do n=$(($(cat ${store}/count) + 1)); echo $n >${store}/count.new; mv ${store}/count.new ${store}/count; sleep 0.2; done'
[Install]
WantedBy=multi-user.target
`;
const SSD_BYTES = 512 * 1024 * 1024;
/** A virtual machine under emulation is slow. */
const MOUNTED_MS = 60_000;
/** What the agent's units give a disk to appear, and the most that a slow machine may make of it; systemd's own limit is 90. */
const WAIT_S = { least: 10, most: 30 };
const directory = mkdtempSync(join(tmpdir(), 'uvs-ssds-'));
t.teardown(() => rmSync(directory, { recursive: true }));

function blank(serial: string): VirtualSsd {
  const file = join(directory, serial);
  writeFileSync(file, '');
  truncateSync(file, SSD_BYTES);
  return { file, serial };
}

function withData(serial: string): VirtualSsd {
  const ssd = blank(serial);
  execFileSync('mkfs.ext4', ['-q', '-F', ssd.file]);
  return ssd;
}

/** As what `sgdisk --zap-all` leaves: the file system of a partition at the first MiB, and no table. */
function withoutTable(serial: string): VirtualSsd {
  const ssd = blank(serial);
  execFileSync('mkfs.ext4', ['-q', '-F', '-E', 'offset=1048576', ssd.file, `${SSD_BYTES / 1024 - 2048}k`]);
  return ssd;
}

/** How long systemd waited at this boot for the disk of /m2, which did not come, by the machine's own clock. */
async function waitedSeconds(node: VirtualNode): Promise<number> {
  // what systemd says before the journal runs has no field for its unit
  const log = await node.sh(
    'journalctl -b --no-pager -o short-monotonic | grep -F "$(systemd-escape --path --suffix=device "$(systemctl show -P What m2.mount)")"',
  );
  const at = (said: string): number => Number(new RegExp(`^\\[ *([\\d.]+)\\] .*: ${said}`, 'm').exec(log)?.[1]);
  const seconds = at('Timed out waiting for device') - at('Expecting device');
  if (Number.isNaN(seconds)) throw new Error(`systemd does not say that it waited:\n${log}`);
  return seconds;
}

void t.test('the M.2 SSD of a machine with udev and a kernel of its own', async (t) => {
  const full = withData('FULL');
  const empty = blank('EMPTY');
  const shifted = { ...blank('SHIFTED'), physicalSector: 4096 };
  await using node = await VirtualNode.start(agentBinds, {
    ssds: [full],
    packages: ['udev', 'fdisk', 'xfsprogs', 'libinih1', 'liburcu8'],
    modules: ['xfs'],
  });
  const m2 = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await node.exec([programPath('uvs-agent'), 'm2', ...args], { env: agentEnv });
    return { code, said: stdout + stderr };
  };
  const reboot = async (...ssds: readonly VirtualSsd[]) => {
    await node.sh('sync');
    await node.crash();
    node.ssds = ssds;
    await node.boot();
  };
  await node.write('/etc/uvs/agent.toml', '[m2]\nminSizeGib = 0.1\n');
  const shown = async () => (await m2('show')).said.split('\n')[0];
  // no boot waits for it, so that it may come later
  const isMounted = async () => await eventually('/m2 is mounted', async () => (await shown()) === '/m2: mounted', MOUNTED_MS);

  await t.test('a disk with data is refused by its signature, and nothing is written to it', async (t) => {
    const before = execFileSync('sha256sum', [full.file]).toString();
    t.equal(await shown(), '/m2: none');
    t.match((await m2('prepare')).said, /nvme0n1 \(.*serial FULL.*\) has a signature: ext4 at 0x438.*--erase FULL/s);
    t.match((await m2('prepare', '--erase', 'EMPTY')).said, /the serial number EMPTY is not that of nvme0n1/);
    await node.sh('sync');
    t.equal(execFileSync('sha256sum', [full.file]).toString(), before);
    t.equal(await shown(), '/m2: none');
  });

  await t.test('a disk whose partition table alone was wiped is refused by what was on it', async (t) => {
    const wiped = withoutTable('WIPED');
    const before = execFileSync('sha256sum', [wiped.file]).toString();
    await reboot(wiped);
    t.match((await m2('prepare')).said, /nvme0n1 \(.*serial WIPED.*\) has a signature: ext4 at 0x100000\b[^:]*: nothing is made/s);
    await node.sh('sync');
    t.equal(execFileSync('sha256sum', [wiped.file]).toString(), before);
  });

  await t.test('between two disks none is guessed, and both are named', async (t) => {
    await reboot(full, empty);
    const { code, said } = await m2('prepare');
    t.not(code, 0);
    t.match(said, /more than one disk may be the M\.2 SSD/);
    for (const one of [/serial FULL, [^;]*: it fits/, /serial EMPTY, [^;]*: it fits/, /vda [^;]*: it has the root file system/])
      t.match(said, one);
  });

  await t.test("where an administrator's unit or fstab has /m2 nothing is made, and theirs stay", async (t) => {
    await reboot(empty);
    const theirs = '[Mount]\nWhat=tmpfs\nWhere=/m2\nType=tmpfs\n';
    await node.write('/etc/systemd/system/m2.mount', theirs);
    t.match((await m2('plan')).said, /\/etc\/systemd\/system\/m2\.mount is not the agent's: nothing is made/);
    await node.sh('mkdir -p /m2; systemctl daemon-reload; systemctl start m2.mount; echo mine >/m2/mine');
    t.match((await m2('prepare')).said, /something without a UUID is mounted on \/m2: nothing is made/);
    t.equal(await node.sh('cat /m2/mine; cat /etc/systemd/system/m2.mount'), `mine\n${theirs}`.trim());
    await node.sh('systemctl stop m2.mount; rm /etc/systemd/system/m2.mount; systemctl daemon-reload');
    await node.sh('touch /etc/fstab; cp /etc/fstab /root/fstab; echo "tmpfs /m2/ tmpfs noauto" >>/etc/fstab');
    t.match((await m2('prepare')).said, /\/etc\/fstab names \/m2: nothing is made/);
    t.equal(await node.sh('mv /root/fstab /etc/fstab; grep -c nvme0n1p1 /proc/partitions || true'), '0');
    await reboot(full, empty);
  });

  await t.test('named by its name in /dev/disk/by-id the blank one is partitioned, mounted, and trimmed every week', async (t) => {
    await node.write('/etc/uvs/agent.toml', '[m2]\nminSizeGib = 0.1\nbyId = "nvme-QEMU_NVMe_Ctrl_EMPTY*"\n');
    t.match((await m2('plan')).said, /serial EMPTY.*it is proven blank\n1\. a partition table/s);
    const { code, said } = await m2('prepare');
    t.equal(code, 0, said);
    t.match(said, /\/m2 is mounted\n$/);
    t.equal(await shown(), '/m2: mounted');
    t.match(await node.sh('findmnt -no FSTYPE,OPTIONS /m2'), /^ext4 +rw,nosuid,nodev,noatime/);
    t.match(await node.sh('systemctl is-enabled m2.mount uvs-m2-trim.timer'), /^enabled\nenabled$/);
    await node.sh('systemctl start uvs-m2-trim.service && echo kept >/m2/kept');
    const again = await m2('prepare');
    t.match(again.said, /it is set up already.*\/m2 is mounted\n$/s, 'and once more nothing is made anew');
    t.equal(await node.sh('cat /m2/kept'), 'kept');
  });

  await t.test('at the next boot it is mounted by itself, under another name of the kernel, too', async (t) => {
    await reboot(empty);
    await isMounted();
    t.equal(await node.sh('cat /m2/kept'), 'kept');
  });

  await t.test('power cut in the middle of a migration: the service has its old directory, and the same command goes on', async (t) => {
    const migrate = ['migrate', store, '--unit', 'counter', '--no-slot', '--reason', 'a test'];
    const count = async () => Number(await node.sh(`cat ${store}/count`));
    const isMigrated = async () => (await node.exec(['mountpoint', '-q', store])).code === 0;
    await node.write('/etc/systemd/system/counter.service', counter);
    await node.sh(`mkdir ${store}; echo 1 >${store}/count; head -c 3000000 /dev/urandom >${store}/1.sst
    systemctl daemon-reload; systemctl enable --now counter; until [ $(cat ${store}/count) -gt 5 ]; do sleep 0.2; done; sync`);
    const before = await count();
    const hash = await node.sh(`sha256sum ${store}/1.sst`);
    // a copy that has come half way and stays there stands for the moment of the cut; what holds it is gone with the boot
    const half = 'for last; do :; done; mkdir -p "$last"; head -c 1000000 /dev/zero >"$last/1.sst"; touch /run/half; exec sleep 1000';
    await node.sh('mv /usr/bin/cp /usr/bin/cp.kept; touch /run/hold');
    await node.write('/usr/bin/cp', `#!/bin/sh\n[ -e /run/hold ] || exec /usr/bin/cp.kept "$@"\n${half}\n`, '755');
    await node.sh('sync');
    const cutOff = m2(...migrate);
    await node.sh('until [ -e /run/half ]; do sleep 0.5; done', { deadlineMs: 120_000 });
    t.equal((await node.exec(['systemctl', 'is-active', 'counter'])).stdout, 'inactive\n', 'it was stopped for the copy');
    await node.crash();
    await node.boot();
    t.equal((await cutOff).code, undefined);
    await isMounted();
    t.equal(await node.sh('systemctl is-active counter'), 'active');
    t.equal(await isMigrated(), false);
    t.ok((await count()) >= before, 'nothing that was on its disk is lost');
    t.match((await m2('show')).said, /\/var\/lib\/counter: on its way to the SSD, at "copying"/);
    const { code, said } = await m2(...migrate);
    t.equal(code, 0, said);
    t.equal(await isMigrated(), true);
    t.equal(await node.sh(`sha256sum ${store}/1.sst`), hash);
    t.equal(await node.sh('systemctl is-active counter'), 'active');
    const undone = await m2('undo');
    t.equal(undone.code, 0, undone.said);
    await node.sh('systemctl disable --now counter');
  });

  await t.test('a boot without it does not hang, and says what is absent', async (t) => {
    await reboot();
    const waited = await waitedSeconds(node);
    t.ok(waited >= WAIT_S.least && waited < WAIT_S.most, `systemd waited ${waited.toFixed(1)} s for its disk`);
    t.match(await shown(), /^\/m2: absent: \/m2 is not mounted; its disk was not there at boot/);
    t.match(await node.sh('systemctl is-system-running || true'), /running|degraded/);
    t.equal(await node.sh('systemctl is-active local-fs.target multi-user.target'), 'active\nactive');
  });

  await t.test('pulled out while the node runs it is lost, and said to be', async (t) => {
    await reboot(empty);
    await isMounted();
    await node.pull('EMPTY');
    await node.sh('until ! [ -e /sys/block/nvme0n1 ]; do sleep 0.5; done');
    t.match(await shown(), /^\/m2: lost: /);
  });

  await t.test('a cut after the partition table: the same command goes on', async (t) => {
    const cut = blank('CUT');
    await reboot(cut);
    await node.sh('rm /var/lib/uvs-agent/m2.json');
    await node.write('/etc/uvs/agent.toml', '[m2]\nminSizeGib = 0.1\n');
    // mkfs that never ends stands for the power cut, which takes the machine where it is
    await node.sh(
      'mv /usr/sbin/mkfs.ext4 /usr/sbin/mkfs.kept; printf "#!/bin/sh\\nsleep 1000\\n" >/usr/sbin/mkfs.ext4; chmod +x /usr/sbin/mkfs.ext4',
    );
    const cutOff = m2('prepare');
    await node.sh('until [ -e /dev/nvme0n1p1 ] && pgrep -f mkfs.ext4; do sleep 0.5; done');
    await node.sh('mv /usr/sbin/mkfs.kept /usr/sbin/mkfs.ext4');
    await reboot(cut);
    t.equal((await cutOff).code, undefined);
    t.match((await m2('plan')).said, /what is on it was begun here, and cut/);
    const { code, said } = await m2('prepare');
    t.equal(code, 0, said);
    t.equal(await shown(), '/m2: mounted');
  });

  await t.test('with its serial number typed in a disk with data is made anew', async (t) => {
    await reboot(full, shifted);
    const { code, said } = await m2('prepare', '--erase', 'FULL');
    t.equal(code, 0, said);
    t.match(said, /ALL THAT IS ON IT WILL BE LOST/);
    t.equal(await shown(), '/m2: mounted');
  });

  await t.test('a misaligned partition is refused, or taken by a word and told as such; made anew, as xfs, it is aligned', async (t) => {
    await node.sh(`systemctl stop m2.mount; rm /var/lib/uvs-agent/m2.json
    echo 0 >/sys/block/vdb/queue/rotational
    printf 'label: gpt\nstart=2049\n' | sfdisk --quiet /dev/vdb; udevadm settle; mkfs.ext4 -q /dev/vdb1; udevadm settle`);
    t.equal(await node.sh('blockdev --getss --getpbsz /dev/vdb; cat /sys/block/vdb/vdb1/start'), '512\n4096\n2049');
    await node.write('/etc/uvs/agent.toml', '[m2]\nminSizeGib = 0.1\ntransport = "any"\nserial = "SHIFTED"\nfileSystem = "xfs"\n');
    const off = "begins at byte 1049088, which is 512 bytes off the disk's physical sector of 4096 bytes";
    for (const how of ['plan', 'prepare']) {
      const { code, said } = await m2(how, '--keep');
      t.not(code, 0, said);
      t.match(said, new RegExp(`vdb1 of vdb \\(.*serial SHIFTED.*\\) ${off}.*--erase SHIFTED.*--misaligned`, 's'));
    }
    t.equal((await node.exec(['mountpoint', '-q', '/m2'])).code === 0, false);
    const taken = await m2('prepare', '--keep', '--misaligned');
    t.equal(taken.code, 0, taken.said);
    t.match(taken.said, `Note: vdb1 ${off}`);
    t.match(await shown(), `/m2: misaligned: the partition of /m2 ${off}`);
    await node.sh('umount /m2');
    const anew = await m2('prepare', '--erase', 'SHIFTED');
    t.equal(anew.code, 0, anew.said);
    t.equal(await shown(), '/m2: mounted');
    t.match(await node.sh('findmnt -no SOURCE,FSTYPE,OPTIONS /m2'), /^\/dev\/vdb1 +xfs +rw,nosuid,nodev,noatime/);
    t.equal(await node.sh('cat /sys/block/vdb/vdb1/start; systemctl start uvs-m2-trim.service; echo kept >/m2/kept'), '2048');
  });
});
