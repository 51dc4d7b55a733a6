import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import type { Credential } from '../../common/credential.ts';
import { UvsError } from '../../common/errors.ts';
import { clientTlsOptions } from '../../common/tls.ts';
import { BenchCluster } from './cluster.ts';
import type { Releases } from './releases.ts';
import { median, megabytes, type Row } from './table.ts';

const CLIENTS = 8;
const ROUNDS = 4;

/** Measures how fast one coordinator hands a package to several nodes at once, each over its own mutual-TLS connection. */
export async function benchDistribution(folder: string, releases: Releases): Promise<readonly Row[]> {
  await using cluster = await BenchCluster.start(folder, releases.rootFile);
  const credentials = await cluster.enrol(Array.from({ length: CLIENTS }, (_, place) => `node${place}`));
  const { cluster: state } = await cluster.client.call('uvs.v1.ClusterService', 'GetCluster', {});
  const big = await releases.bigFor(state?.packageRecipient ?? '');
  const digest = await cluster.upload(big);
  const { size } = await stat(big);
  const url = `https://${cluster.httpsAddress}/v1/packages/${digest}`;
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedMs = performance.now();
    const digests = await Promise.all(credentials.map((credential) => download(url, credential, round === 0)));
    rates.push((CLIENTS * size) / 1e6 / ((performance.now() - startedMs) / 1000));
    if (digests.some((got) => got !== undefined && got !== digest)) throw new UvsError('PACKAGE_CORRUPT', `${url} gave other bytes`);
  }
  // The first round also hashes what comes, so that the others need not.
  const timed = rates.slice(1);
  return [
    {
      what: `distribution of ${megabytes(size)} to ${CLIENTS} nodes at once`,
      value: `${median(timed).toFixed(0)} MB/s`,
      note: `all together, clients on the same machine; rounds: ${timed.map((rate) => rate.toFixed(0)).join(', ')}`,
    },
  ];
}

/** @returns the sha256 of what came, where it is wanted */
async function download(url: string, credential: Credential, isHashed: boolean): Promise<string | undefined> {
  const agent = new Agent({ ...clientTlsOptions(credential), keepAlive: false });
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  get(url, { agent }, (response) => {
    if (response.statusCode !== 200) reject(new UvsError('UNREACHABLE', `${url} answered ${response.statusCode ?? 'nothing'}`));
    const hash = isHashed ? createHash('sha256') : undefined;
    response.on('data', (chunk: Buffer) => hash?.update(chunk));
    response.on('error', reject);
    response.on('end', () => resolve(hash?.digest('hex')));
  }).on('error', reject);
  try {
    return await promise;
  } finally {
    agent.destroy();
  }
}
