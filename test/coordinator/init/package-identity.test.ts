import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { writePackage } from '../../../common/upd/writer.ts';
import { packageRecipients, retirePackageIdentity, rotatePackageIdentity } from '../../../coordinator/init/package-identity.ts';
import { layout } from '../../../coordinator/layout.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { makeCluster, type TestCluster } from '../../support/running-cluster.ts';
import { file } from '../../support/update-node.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const never = new AbortController().signal;

async function pack(cluster: TestCluster, seq: number, recipient: string): Promise<string> {
  const path = join(cluster.folder, `${seq}.upd`);
  const spec = {
    product: 'uvs',
    version: `2.14.${seq}`,
    components: { uvs: { epoch: 0, releaseSeq: seq } },
    minAgent: '0.1.0',
    target: { distro: '', distroVersions: [], archs: [], boards: [], roles: [] },
    kind: 'full',
    requires: [],
    files: [file('opt/app', `release ${seq}`)],
    tasks: [],
    services: [],
    reboot: false,
    brings: {},
  } as const;
  await writePackage(path, spec, { keys: [cluster.trust.key], recipients: [recipient], level: 1 }, never);
  return path;
}

void t.test(
  'the identity for packages is rotated: what is there stays readable, until the old one is retired and opens nothing',
  async (t) => {
    await using cluster = await makeCluster();
    await using olga = await makeOperator(await cluster.credential('operator', 'olga'));
    const { directory } = cluster;
    const untilItLeads = async (): Promise<void> => {
      const api = cluster.client();
      await eventually('c1 leads', async () => (await api.call('uvs.v1.ClusterService', 'GetCluster', {})).cluster?.leader !== null);
    };
    const upload = async (path: string) => await olga.run(['packages', 'upload', path]);
    const { newest: old, others } = await packageRecipients(directory);
    t.strictSame(others, []);
    const before = await pack(cluster, 1, old);
    {
      await using _running = await cluster.run();
      await untilItLeads();
      t.match(await upload(before), { code: 0 });
    }
    const path = join(directory, layout.packageIdentity);
    const { newest } = await rotatePackageIdentity(directory);
    t.strictSame(await packageRecipients(directory), { path, newest, others: [old] });
    t.equal((await stat(path)).mode & 0o777, 0o600);
    {
      await using _running = await cluster.run();
      await untilItLeads();
      t.match(await olga.run(['status']), { out: new RegExp(newest) }, 'it is shown to whoever builds');
      t.match(await upload(await pack(cluster, 2, newest)), { code: 0 });
      t.match(await upload(await pack(cluster, 3, old)), { code: 0 }, 'what was built before it was known is still taken');
      t.match(await errorOf(retirePackageIdentity(directory, newest, false, never)), { reason: 'NOT_ALLOWED_NOW' }, 'the newest is in use');
      t.match(await errorOf(retirePackageIdentity(directory, old, false, never)), {
        reason: 'NOT_ALLOWED_NOW',
        message: /^2 packages .*2\.14\.[13]/,
      });
      t.match(await errorOf(retirePackageIdentity(directory, `${old.slice(0, -1)}x`, false, never)), { reason: 'NOT_FOUND' });
      for (const version of ['2.14.1', '2.14.3']) t.match(await olga.run(['packages', 'rm', version, '--yes']), { code: 0 });
      await eventually('nothing needs it', async () => {
        try {
          return (await retirePackageIdentity(directory, old, false, never)).others.length === 0;
        } catch {
          return false;
        }
      });
    }
    t.notMatch(await readFile(path, 'utf8'), old);
    await using _running = await cluster.run();
    await untilItLeads();
    t.match(await upload(await pack(cluster, 4, old)), { code: 5, err: /KEY_WRONG/ }, 'the retired one opens nothing');
    t.match(await upload(await pack(cluster, 5, newest)), { code: 0 });
  },
);

void t.test('an identity file that is damaged, doubled or open to others is told, and never quoted', async (t) => {
  await using cluster = await makeCluster();
  const path = join(cluster.directory, layout.packageIdentity);
  const good = await readFile(path, 'utf8');
  const secret = good.trim();
  for (const [text, message] of [
    [`${secret}\n${secret}\n`, /twice/],
    ['', /no age identity/],
    [`${secret.slice(0, -6)}AAAAAA\n`, /damaged/],
    ['a word\n', /something else than age identities/],
  ] as const) {
    await writeFile(path, text, { mode: 0o600 });
    const error = await errorOf(packageRecipients(cluster.directory));
    t.match(error, { reason: 'CONFIG_INVALID', message });
    t.notMatch(`${error.message} ${String(error.hint)}`, secret.slice(20, 40));
  }
});

void t.test('of two rotations at once one is refused, so that no new identity is lost', async (t) => {
  await using cluster = await makeCluster();
  const { directory } = cluster;
  const { newest: old } = await packageRecipients(directory);
  const rotations = await Promise.allSettled(Array.from({ length: 4 }, () => rotatePackageIdentity(directory)));
  const made = rotations.flatMap((one) => (one.status === 'fulfilled' ? [one.value.newest] : []));
  t.not(made.length, 0);
  const { newest, others } = await packageRecipients(directory);
  t.strictSame([newest, ...others].toSorted(), [...made, old].toSorted(), 'whatever was told to be made is there');
  for (const one of rotations) if (one.status === 'rejected') t.match(one.reason, { reason: 'BUSY', hint: /package-identity show/ });
});

void t.test('a change of the identity file waits for nobody, and a process that is killed in the middle holds nobody up', async (t) => {
  await using cluster = await makeCluster();
  const { directory } = cluster;
  const { newest: old } = await packageRecipients(directory);
  const other = spawn('flock', ['--no-fork', join(directory, 'package-identity.age.lock'), 'sh', '-c', 'echo has it; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => other.kill('SIGKILL'));
  await once(other.stdout, 'data');
  t.match(await errorOf(rotatePackageIdentity(directory)), { reason: 'BUSY', message: /package-identity\.age/ });
  t.match(await errorOf(retirePackageIdentity(directory, old, false, never)), { reason: 'BUSY' });
  t.strictSame((await packageRecipients(directory)).newest, old, 'it can be read meanwhile');
  other.kill('SIGKILL');
  await once(other, 'exit');
  t.strictSame((await rotatePackageIdentity(directory)).others, [old]);
});
