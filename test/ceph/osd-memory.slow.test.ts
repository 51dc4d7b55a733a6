import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { dropInText } from '../../agent/limits/drop-in.ts';
import { podLimitFor } from '../../agent/limits/osd-memory.ts';
import { eventually } from '../support/eventually.ts';
import { MiniCeph } from './mini-ceph.ts';
import { missingCeph } from './test-bed.ts';

const GIB = 1024 ** 3;
const hosts = { n1: ['mon.a'], n2: ['mgr.x'], n3: ['osd.0'], n4: ['osd.1'], n5: ['osd.2'] };

const skip = missingCeph();
const options = { skip, timeout: 600_000 };
const directory = mkdtempSync(join(tmpdir(), 'uvs-ceph-memory-'));
const ceph = new MiniCeph({ directory, hosts });

t.before(async () => {
  if (skip === false) await ceph.start();
});
t.teardown(async () => {
  await ceph[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** Starts an OSD anew as systemd would with the agent's drop-in of such a MemoryMax, and asks it for its target. */
async function targetWith(memoryMax: number): Promise<number> {
  const text = dropInText(new Map([['MemoryMax', memoryMax]]), podLimitFor('ceph-osd@0.service', memoryMax, false)) ?? '';
  const [, name, value] = /^Environment=([^=]+)=(.*)$/mu.exec(text) ?? [];
  await ceph.stop('osd.0');
  ceph.startDaemon('osd.0', name === undefined ? {} : { [name]: value ?? '' });
  await eventually('it is up again', async () => (await ceph.ceph('osd', 'tree', 'up')).includes('osd.0'), 60_000);
  let target = 0;
  await eventually(
    'it answers',
    async () => (target = Number(JSON.parse(await ceph.ceph('tell', 'osd.0', 'config', 'get', 'osd_memory_target')).osd_memory_target)) > 0,
    60_000,
  );
  return target;
}

void t.test(
  'a real OSD takes its target of memory from the limit that it is told, unless its configuration names one',
  options,
  async (t) => {
    t.equal(await targetWith(GIB), 4 * GIB, "too little to be told: Ceph's own");
    const smallest = 1_174_405_120;
    t.equal(await targetWith(smallest), 896 * 1024 ** 2, 'the smallest that Ceph starts with');
    t.equal(await targetWith(2 * GIB), Math.floor(2 * GIB * 0.8));
    await ceph.ceph('config', 'set', 'osd.0', 'osd_memory_target', String(3 * GIB));
    t.equal(await targetWith(2 * GIB), 3 * GIB);
  },
);
