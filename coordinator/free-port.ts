import { createServer } from 'node:net';
import { UvsError } from '../common/errors.ts';

/** Finds a TCP port on which nothing listens. Somebody may take it before it is used; that shows then. */
export async function freePort(host: string): Promise<number> {
  const server = createServer();
  return await new Promise<number>((resolve, reject) => {
    server.on('error', (cause) => reject(new UvsError('CONFIG_INVALID', `can't listen on ${host}: ${cause.message}`, { cause })));
    server.listen({ host, port: 0 }, () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new UvsError('INTERNAL', 'a listener has no port')),
      );
    });
  });
}
