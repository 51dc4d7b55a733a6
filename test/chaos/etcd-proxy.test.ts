import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { UvsError } from '../../common/errors.ts';
import { EtcdClient } from '../../coordinator/etcd/client.ts';
import { startEtcd } from '../support/etcd.ts';
import { etcdTls } from '../support/etcd-tls.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../../coordinator/free-port.ts';
import { deliveriesIn } from './deliveries.ts';

/** Longer than the client waits for an answer. */
const HOLD_MS = 2_200;
const folder = mkdtempSync(join(tmpdir(), 'uvs-proxy-'));
const { tls, files } = await etcdTls(folder);
const etcd = await startEtcd({ tls });
const port = await freePort('127.0.0.1');
const member = (etcd.endpoints[0] ?? '').replace('https://', '');
const program = fileURLToPath(new URL('etcd-proxy.ts', import.meta.url));
const proxy = spawn(process.execPath, [program, files.ca, files.cert, files.key, `${port}=${member}`], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
let printed = '';
proxy.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
const through = new EtcdClient({ endpoints: [`https://localhost:${port}`], tls, monotonicMs: () => performance.now() });
t.teardown(async () => {
  through[Symbol.dispose]();
  proxy.kill();
  await etcd[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});
await eventually('the proxy passes on', async () => (await through.get('nothing')) === undefined);

/** How often etcd has carried out what puts the key. */
function versionOf(key: string): number {
  return Number(/"version":(\d+)/u.exec(etcd.ctl('get', key, '--write-out=json'))?.[1]);
}

/**
 * Puts a key by way of the proxy, which holds it, and waits for what the proxy prints of it.
 * @returns how often etcd has put the key since whoever asked gave it up, or was lost to them
 */
async function putHeld(key: string, how: string, words: readonly string[]): Promise<number> {
  const before = printed.length;
  let passed = 0;
  proxy.stdin.write(`${how} ${HOLD_MS}\n`);
  await eventually('whoever asked gave it up', async () => {
    const error = await through.txn([], [{ do: 'put', key, value: how }]).catch((thrown: unknown) => thrown);
    if (error instanceof UvsError && error.reason === 'ETCD_UNAVAILABLE') return true;
    // the line may come later than the first transaction
    passed += 1;
    return false;
  });
  proxy.stdin.write('pass\n');
  await eventually('it was delivered', () => printed.slice(before) === words.map((word) => `${word}\n`).join(''));
  return versionOf(key) - passed;
}

void t.test('what is not held passes, there and back', async (t) => {
  t.match(await through.txn([], [{ do: 'put', key: 'a', value: '1' }]), { isDone: true });
  t.match(await through.get('a'), { value: '1' });
  t.equal(printed, '', 'and is not counted');
});

void t.test('a transaction is delivered after it was given up', async (t) => {
  t.equal(await putHeld('late', 'late', ['held', 'late']), 1);
});

void t.test('a transaction is delivered twice after it was given up', async (t) => {
  t.equal(await putHeld('twice', 'late-twice', ['held', 'late', 'again']), 2);
});

void t.test('a transaction whose answer is lost is delivered once more', async (t) => {
  t.equal(await putHeld('again', 'lost-then-again', ['held', 'again']), 2);
});

void t.test('the proxies’ words are counted over all of them', (t) => {
  t.same(deliveriesIn(['held\nlate\n', '', 'held\nlate\nagain\nheld\n']), { held: 3, late: 2, again: 1 });
  t.end();
});
