import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { readCoordinatorConfig, type GateConfig } from '../../../coordinator/config.ts';
import { addCoordinator } from '../../../coordinator/init/add.ts';
import { initCluster, type EtcdWish } from '../../../coordinator/init/cluster.ts';
import { layout } from '../../../coordinator/layout.ts';
import { makeTrust } from '../../support/upd.ts';

const folder = await mkdtemp(join(tmpdir(), 'uvs-init-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));
const packageRoot = join(folder, 'root.json');
await writeFile(packageRoot, makeTrust().root.bytes);
const pem = join(folder, 'etcd.pem');
await writeFile(pem, 'whatever: it is copied, not read\n');

const external: EtcdWish = { kind: 'external', endpoints: ['https://e1:2379'], authority: pem, certificate: pem, key: pem };
const addresses = { grpc: '127.0.0.1:7443', https: '127.0.0.1:7444', metrics: undefined, listen: undefined };

async function init(name: string, etcd: EtcdWish): Promise<string> {
  const directory = join(folder, name);
  await initCluster({ directory, dataDir: 'data', cluster: 'prod', id: 'c1', addresses, packageRoot, etcd, nowMs: 0 });
  return directory;
}

async function add(directory: string): Promise<string> {
  const newDirectory = `${directory}-2`;
  await addCoordinator({ directory, id: 'c2', addresses, newDirectory, nowMs: 0 });
  return newDirectory;
}

async function gatesOf(directory: string): Promise<readonly GateConfig[]> {
  return (await readCoordinatorConfig(join(directory, layout.config))).gates;
}

const gate: GateConfig = { kind: 'etcd', name: 'etcd', timeoutMs: 5_000 };

void t.test('a new cluster asks the members of its etcd before it disturbs a node, whichever coordinator leads', async (t) => {
  const directory = await init('external', external);
  t.same(await gatesOf(directory), [gate]);
  t.same(await gatesOf(await add(directory)), [gate]);
});

void t.test('whoever took the gate out gets no coordinator that has it', async (t) => {
  const directory = await init('without', external);
  const config = join(directory, layout.config);
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace(/^\[\[gate\]\]\nkind = "etcd"\nname = "etcd"\n/mu, ''));
  t.same(await gatesOf(directory), []);
  t.same(await gatesOf(await add(directory)), []);
});

void t.test('an embedded etcd has no quorum to keep', async (t) => {
  const directory = await init('embedded', { kind: 'embedded', clientPort: 12379, peerPort: 12380 });
  t.same(await gatesOf(directory), []);
});
