import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import t from 'tap';
import { UvsError } from '../../common/errors.ts';
import { BlobStore } from '../../coordinator/blobs/store.ts';
import { Uploads } from '../../coordinator/blobs/uploads.ts';
import { realClock } from '../support/real-clock.ts';
import { FakePackageRoot } from '../support/package-root.ts';
import { refusal } from '../support/upd.ts';
import { byReason, corpus } from './corpus.ts';
import { forge } from './forge.ts';
import { makeKit } from './kit.ts';

t.setTimeout(300_000);

void t.test(
  'a coordinator refuses every bad package at its upload, but for those that only a node can judge, and keeps nothing of it',
  async (t) => {
    const kit = await makeKit();
    const directory = t.testdir({});
    const published: string[] = [];
    const uploads = new Uploads({
      store: await BlobStore.open({ directory, clock: realClock, reserveBytes: 0, maxIncoming: 1 }),
      replicas: { hold: (_digest, act) => act(), fetched: () => Promise.resolve(), spread: () => Promise.resolve(['c1']) },
      core: {
        packages: {
          find: () => Promise.reject(new UvsError('NOT_FOUND', 'no such package')),
          add: (record) => {
            published.push(record.digest);
            return Promise.resolve(record);
          },
        },
        packageRoot: new FakePackageRoot(kit.root),
      },
      leadership: { isLeader: () => true, leaderAddress: () => '', onChange: () => ({ [Symbol.dispose]: () => undefined }) },
      encryption: { identities: [kit.identity], recipient: kit.recipient },
      maxBytes: 2 ** 30,
      clock: realClock,
    });
    const upload = async (bytes: Buffer): Promise<string> => {
      const digest = createHash('sha256').update(bytes).digest('hex');
      const body = async function* () {
        yield bytes;
      };
      const piece = { digest, sizeBytes: bytes.length, start: 0 };
      const actor = { identity: 'operator/o' };
      return (await refusal(() => uploads.take(piece, body(), actor, AbortSignal.timeout(20_000)))) ?? 'taken';
    };

    t.equal(await upload(await forge(kit, {})), 'taken');
    t.equal(await upload(await forge(kit, { encryptedFor: 'us' })), 'taken');
    const held = readdirSync(directory).length;
    const reasons: string[] = [];
    for (const { name, reason, isOnlyForNode, make } of corpus) {
      const answer = await upload(await make(kit));
      if (answer !== (isOnlyForNode ? 'taken' : reason)) t.equal(answer, reason, name);
      else if (!isOnlyForNode) reasons.push(answer);
    }
    const forNodes = corpus.filter(({ isOnlyForNode }) => isOnlyForNode).length;
    t.comment(`bad packages uploaded ${corpus.length}, refused ${reasons.length}, left to the nodes ${forNodes}: ${byReason(reasons)}`);
    t.equal(reasons.length + forNodes, corpus.length);
    t.equal(published.length, 2 + forNodes);
    t.strictSame([readdirSync(directory).length, readdirSync(`${directory}/incoming`)], [held + forNodes, []]);
  },
);
