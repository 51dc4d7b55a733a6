import t from 'tap';
import type { Begun, M2Plan } from '../../../agent/m2/plan.ts';
import type { M2Machine } from '../../../agent/m2/ports.ts';
import { prepareM2 } from '../../../agent/m2/prepare.ts';
import { escapePath, mountUnits } from '../../../agent/m2/units.ts';
import { errorOf } from '../../support/failure.ts';
import { disk, MIB } from './disks.ts';

const plan: M2Plan = { kind: 'make', disk: disk(), startBytes: MIB, fileSystem: 'ext4', because: '', isBlank: true };

/** A machine and a memory that stop at one act. */
function bed(stopAt = Number.POSITIVE_INFINITY) {
  const acts: string[] = [];
  let memory: Begun | undefined;
  const act = (text: string): void => {
    if (acts.length >= stopAt) throw new Error('cut');
    acts.push(text);
  };
  const machine: M2Machine = {
    disks: async () => [],
    contentsOf: async () => ({ signatures: [], probed: '', nonZeroAtBytes: [] }),
    atMountPoint: async () => ({
      mountedUuid: undefined,
      isInFstab: false,
      foreignUnits: [],
      place: { kind: 'directory', holds: undefined },
    }),
    hold: async (held, isBlank) => {
      act(`hold ${held.serial} ${isBlank}`);
      return { [Symbol.asyncDispose]: async () => void acts.push('let go') };
    },
    partition: async (_disk, _start, begun) => {
      act(`partition ${begun.partUuid}`);
      return '/dev/nvme0n1p1';
    },
    makeFileSystem: async (device, fileSystem, uuid) => act(`${fileSystem} ${device} ${uuid}`),
    enableUnits: async (units) => act(`units ${units.map(({ path }) => path).join(' ')}`),
    mountedUuid: async () => memory?.uuid,
  };
  return {
    acts,
    machine,
    memory: {
      read: async () => memory,
      write: async (begun: Begun) => {
        act(`memory ${begun.isDone ? 'done' : begun.isMaking === true ? 'making' : 'begun'}`);
        memory = begun;
      },
    },
    goOn: () => {
      stopAt = Number.POSITIVE_INFINITY;
      acts.length = 0;
    },
  };
}

let uuids = 0;
const newUuid = () => `00000000-0000-4000-8000-${String((uuids += 1)).padStart(12, '0')}`;
const run = async (given: ReturnType<typeof bed>) =>
  await prepareM2(plan, { mountPoint: '/m2', ...given, newUuid, print: () => undefined });

void t.test('what will be made is written down before the disk is touched, and that it is done at the end', async (t) => {
  const given = bed();
  await run(given);
  const [begun, held, table, making, made, letGo, units, done] = given.acts;
  t.strictSame([begun, held], ['memory begun', 'hold S1 true'], 'and the disk is looked at right before it is written to');
  t.match(table, /^partition 0/);
  t.equal(making, 'memory making');
  t.match(made, /^ext4 \/dev\/nvme0n1p1 0/);
  t.equal(letGo, 'let go');
  t.match(units, /^units dev-disk-by.* m2\.mount$/);
  t.equal(done, 'memory done');
});

void t.test('cut at every act, the same command ends with the same UUIDs that were written down', async (t) => {
  const whole = bed();
  await run(whole);
  for (let stopAt = 1; stopAt < whole.acts.length; stopAt += 1) {
    const given = bed(stopAt);
    await t.rejects(run(given), /cut/);
    const before = await given.memory.read();
    given.goOn();
    await run(given);
    const after = await given.memory.read();
    t.equal(after?.uuid, before?.uuid, `cut at ${stopAt}`);
    t.equal(after?.partUuid, before?.partUuid);
    t.equal(after?.isDone, true);
  }
});

void t.test('where something else is mounted on /m2 it is not done', async (t) => {
  const given = bed();
  const error = await errorOf(run({ ...given, machine: { ...given.machine, mountedUuid: async () => 'other' } }));
  t.match(error, { reason: 'DISK_FAILED', message: /something else is mounted on \/m2/ });
  t.equal((await given.memory.read())?.isDone, false);
});

void t.test('the units keep no boot waiting: wanted and nofail, the device waited for ten seconds', (t) => {
  const units = mountUnits('/m2', 'aaaa-bbbb', 'ext4');
  const of = (path: string) => units.find((unit) => unit.path === path)?.text ?? '';
  t.match(of('m2.mount'), /^What=\/dev\/disk\/by-uuid\/aaaa-bbbb$/m);
  t.match(of('m2.mount'), /^Options=nofail,/m);
  t.match(of('m2.mount'), /^WantedBy=local-fs\.target dev-disk-by\\x2duuid-\S+\.device$/m);
  t.notMatch(of('m2.mount'), /RequiredBy|^Before=/m);
  t.match(of('dev-disk-by\\x2duuid-aaaa\\x2dbbbb.device.d/50-uvs-m2.conf'), /^JobRunningTimeoutSec=10s$/m);
  t.match(of('uvs-m2-trim.service'), /^ConditionPathIsMountPoint=\/m2$/m);
  t.end();
});

void t.test('paths are escaped as systemd does', (t) => {
  t.equal(escapePath('/var/lib/ceph/mon/ceph-a'), 'var-lib-ceph-mon-ceph\\x2da');
  t.equal(escapePath('/'), '-');
  t.equal(escapePath('//a/.b c/'), 'a-.b\\x20c');
  t.equal(escapePath('/.a'), '\\x2ea');
  t.end();
});
