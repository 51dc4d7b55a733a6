import type { LeaseClient } from 'etcd3';

/**
 * Renews a lease once, over a stream of its own: a stream that has gone quiet then costs one renewal, not the lease.
 * @returns the seconds it lives from now; 0: it is gone.
 */
export async function keepAliveOnce(client: LeaseClient, id: string, deadlineMs: number): Promise<number> {
  const stream = await client.leaseKeepAlive();
  const answer = Promise.withResolvers<number>();
  const timer = setTimeout(() => answer.reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
  // the listener for errors stays: cancelling makes one more
  stream.on('error', (error) => answer.reject(error));
  stream.on('end', () => answer.reject(new Error('the stream ended')));
  stream.on('data', (response) => answer.resolve(Math.max(0, Number(response.TTL))));
  try {
    stream.write({ ID: id });
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    stream.cancel();
  }
}
