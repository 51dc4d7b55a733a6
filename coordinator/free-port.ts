import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { UvsError } from '../common/errors.ts';

const TRIES = 100;

/**
 * Finds a TCP port on which nothing listens, below those that the kernel gives to outgoing connections (32768 and more: ip(7),
 * ip_local_port_range): one of those may be taken between this look and its use, and again at each later start.
 * @throws {UvsError} CONFIG_INVALID where nothing can listen on this host.
 */
export async function freePort(host: string): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(10_000, 32_768);
    if (await isFree(host, port)) return port;
  }
  throw new UvsError('CONFIG_INVALID', `can't listen on ${host}: ${TRIES} of its ports, taken at random, are in use`);
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise<boolean>((resolve, reject) => {
    server.once('error', (cause) => {
      if ('code' in cause && cause.code === 'EADDRINUSE') resolve(false);
      else reject(new UvsError('CONFIG_INVALID', `can't listen on ${host}: ${cause.message}`, { cause }));
    });
    server.listen({ host, port }, () => server.close(() => resolve(true)));
  });
}
