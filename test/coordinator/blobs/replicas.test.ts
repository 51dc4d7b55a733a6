import { createHash } from 'node:crypto';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { Replicas } from '../../../coordinator/blobs/replicas.ts';
import { BlobStore } from '../../../coordinator/blobs/store.ts';
import { Uploads } from '../../../coordinator/blobs/uploads.ts';
import type { Member, PackageRecord } from '../../../coordinator/domain.ts';
import { errorOf } from '../../support/failure.ts';
import { eventually } from '../../support/eventually.ts';
import { FakePackageRoot } from '../../support/package-root.ts';
import { HandClock } from '../../support/hub.ts';
import { realClock } from '../../support/real-clock.ts';
import { assemblePackage, makeTrust, sampleManifest, zstdFrame } from '../../support/upd.ts';

type Listener = (packages: readonly PackageRecord[], revision: number) => void;

const trust = makeTrust();
const plain = Buffer.from('content');
const release = assemblePackage(sampleManifest([zstdFrame(plain)], [plain]), [zstdFrame(plain)], [trust.key]);
const digest = sha256(release);

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What etcd lists, and coordinators that hear of it when the test tells them. */
class Cluster implements AsyncDisposable {
  revision = 1;
  readonly listed = new Map<string, PackageRecord>();
  readonly members: Member[] = [];
  readonly coordinators = new Map<string, Coordinator>();

  list(record: PackageRecord): void {
    this.revision += 1;
    this.listed.set(record.digest, record);
  }

  remove(digest: string): void {
    this.revision += 1;
    this.listed.delete(digest);
  }

  async add(id: string, directory: string): Promise<Coordinator> {
    const store = await BlobStore.open({ directory, clock: realClock, reserveBytes: 0, maxIncoming: 4 });
    const coordinator = new Coordinator(this, id, store);
    this.members.push({ id, grpcAddress: `${id}:1`, httpsAddress: `${id}:2` });
    this.coordinators.set(`${id}:2`, coordinator);
    return coordinator;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { replicas } of this.coordinators.values()) await replicas[Symbol.asyncDispose]();
  }
}

class Coordinator {
  readonly #cluster: Cluster;
  readonly store: BlobStore;
  readonly clock = new HandClock();
  readonly replicas: Replicas;
  readonly #uploads: Uploads;
  #listener: Listener = () => undefined;
  /** What reading a package from this one waits for. */
  sends: Promise<void> = Promise.resolve();
  /** Called before the package is listed by this one. */
  beforeAdd: () => Promise<void> = async () => undefined;

  constructor(cluster: Cluster, id: string, store: BlobStore) {
    this.#cluster = cluster;
    this.store = store;
    const { listed, coordinators } = cluster;
    const packages = {
      find: async (name: string) => {
        const found = listed.get(name);
        if (found === undefined) throw new UvsError('NOT_FOUND', name);
        return found;
      },
      listing: async (name: string) => ({ revision: cluster.revision, isListed: listed.has(name) }),
      addHolder: async (name: string, holder: string) => {
        const found = await packages.find(name);
        cluster.list({ ...found, holders: [...new Set([...found.holders, holder])] });
      },
      add: async (record: PackageRecord) => {
        await this.beforeAdd();
        cluster.list(record);
        return record;
      },
      watch: (listener: Listener) => {
        this.#listener = listener;
        return { [Symbol.dispose]: () => undefined };
      },
    };
    this.replicas = new Replicas({
      ownId: id,
      ownHttpsAddress: `${id}:2`,
      core: { packages, cluster: { describe: async () => ({ members: cluster.members }) } },
      store,
      peers: {
        replicate: async ({ httpsAddress }, what, signal) =>
          await coordinators.get(httpsAddress)?.replicas.fetchFrom(what.from, what.digest, what.sizeBytes, signal),
        read: async function* (address, name) {
          const from = coordinators.get(address);
          if (from?.store.sizeOf(name) === undefined) throw new UvsError('NOT_FOUND', `${address} does not hold ${name}`);
          await from.sends;
          yield await readFile(from.store.pathOf(name));
        },
      },
      servedBytesPerSecond: undefined,
      retryMs: 20,
      clock: this.clock,
      onTrouble: () => undefined,
    });
    this.#uploads = new Uploads({
      store,
      replicas: this.replicas,
      core: { packages, packageRoot: new FakePackageRoot(trust.root) },
      leadership: { isLeader: () => true, leaderAddress: () => '', onChange: () => ({ [Symbol.dispose]: () => undefined }) },
      encryption: undefined,
      maxBytes: 1e9,
      clock: realClock,
    });
  }

  /** Has it hear of what is listed now, or later of what is listed now where the result is called later. */
  hears(): void {
    this.news()();
  }

  news(): () => void {
    const [packages, revision] = [[...this.#cluster.listed.values()], this.#cluster.revision];
    return () => this.#listener(packages, revision);
  }

  async upload(bytes: Buffer): Promise<void> {
    async function* body(): AsyncGenerator<Uint8Array> {
      yield bytes;
    }
    const piece = { digest: sha256(bytes), sizeBytes: bytes.length, start: 0 };
    await this.#uploads.take(piece, body(), { identity: 'operator/o' }, AbortSignal.timeout(10_000));
  }

  async holds(): Promise<boolean> {
    const isFile = await access(this.store.pathOf(digest)).then(
      () => true,
      () => false,
    );
    return isFile && this.store.sizeOf(digest) !== undefined;
  }
}

/** Lets all loops do what they would do by now. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 150));
}

async function three(t: Test): Promise<{ cluster: Cluster; all: readonly [Coordinator, Coordinator, Coordinator] }> {
  const folder = await mkdtemp(join(tmpdir(), 'uvs-replicas-'));
  const cluster = new Cluster();
  t.teardown(async () => {
    await cluster[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  const add = async (id: string): Promise<Coordinator> => await cluster.add(id, join(folder, id));
  return { cluster, all: [await add('c1'), await add('c2'), await add('c3')] };
}

async function holding(all: readonly Coordinator[]): Promise<readonly boolean[]> {
  return await Promise.all(all.map((one) => one.holds()));
}

async function bring(all: readonly [Coordinator, Coordinator, Coordinator]): Promise<void> {
  await all[0].upload(release);
  for (const one of all) one.hears();
  await eventually('all hold it', async () => (await holding(all)).every((holds) => holds));
}

void t.test('copies of a package that is removed are removed, also when it has been brought a second time', async (t) => {
  const { cluster, all } = await three(t);
  for (const round of ['first', 'second']) {
    await bring(all);
    cluster.remove(digest);
    for (const one of all) one.hears();
    await eventually(`no copy of the ${round} is left`, async () => (await holding(all)).every((holds) => !holds));
  }
});

void t.test('who hears late that a package was removed does not remove what was brought again since', async (t) => {
  const { cluster, all } = await three(t);
  await bring(all);
  cluster.remove(digest);
  const late = all.map((one) => one.news());
  await all[1].upload(release);
  for (const tell of late) tell();
  await settled();
  t.same(await holding(all), [true, true, true]);
  for (const one of all) one.hears();
  await settled();
  t.same(await holding(all), [true, true, true]);
});

void t.test('a copy that was counted for an upload stays when its removal is heard of before the package is listed again', async (t) => {
  const { cluster, all } = await three(t);
  await bring(all);
  cluster.remove(digest);
  const held: (readonly boolean[])[] = [];
  all[0].beforeAdd = async () => {
    for (const one of all) one.hears();
    await settled();
    held.push(await holding(all));
  };
  await all[0].upload(release);
  t.same(held, [[true, true, true]]);
});

void t.test('a copy that comes once its package was removed is not kept', async (t) => {
  const { cluster, all } = await three(t);
  const [c1, c2] = all;
  await bring(all);
  await c2.store.remove(digest);
  const gate = Promise.withResolvers<void>();
  c1.sends = gate.promise;
  all[2].sends = gate.promise;
  c2.hears();
  await settled();
  cluster.remove(digest);
  c2.hears();
  gate.resolve();
  await eventually('it was fetched and removed', async () => {
    await settled();
    return !(await c2.holds());
  });
  t.same(c2.store.digests, []);
});

void t.test('a package that is listed without its bytes anywhere is taken again', async (t) => {
  const { all } = await three(t);
  await bring(all);
  for (const { store } of all) await store.remove(digest);
  await all[0].upload(release);
  await eventually('all hold it', async () => (await holding(all)).every((holds) => holds));
});

void t.test('a package that its coordinator lacks is not sent twice where it is being copied already', async (t) => {
  const { all } = await three(t);
  const [c1, c2, c3] = all;
  await bring(all);
  await c1.store.remove(digest);
  const gate = Promise.withResolvers<void>();
  c2.sends = gate.promise;
  c3.sends = gate.promise;
  c1.hears();
  await settled();
  const upload = c1.upload(release);
  gate.resolve();
  await upload;
  t.ok(await c1.holds());
});

void t.test('copies of an upload that was never listed are removed once nobody has gone on with it for long', async (t) => {
  const { cluster, all } = await three(t);
  const [c1] = all;
  c1.beforeAdd = async () => {
    throw new UvsError('NO_MAJORITY', 'a test');
  };
  t.match(await errorOf(c1.upload(release)), { reason: 'NO_MAJORITY' });
  await eventually('all hold it', async () => (await holding(all)).every((holds) => holds));
  const idleMs = 3_600_000;
  const later = async (ms: number): Promise<void> => {
    for (const { clock, replicas } of all) {
      clock.nowMs += ms;
      await replicas.expire(idleMs);
    }
  };
  await later(idleMs);
  t.same(await holding(all), [true, true, true], 'an upload may still wait for slower coordinators');
  c1.beforeAdd = async () => undefined;
  await c1.upload(release);
  await later(2 * idleMs);
  t.same(await holding(all), [true, true, true], 'it is listed, though none has heard of that');
  cluster.remove(digest);
  for (const one of all) await one.replicas.hold(digest, async () => undefined);
  await later(idleMs / 2);
  t.same(await holding(all), [true, true, true], 'somebody counted on it');
  await later(2 * idleMs);
  t.same(await holding(all), [false, false, false]);
});
