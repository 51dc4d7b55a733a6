import { createServer, type AddressInfo } from 'node:net';
import { UvsError } from '../../common/errors.ts';

/**
 * Checks that a TCP port is free on 127.0.0.1, or for 0 finds a free one. Somebody may take it before it is used; that shows then.
 * @throws UvsError PORT_IN_USE
 */
export async function loopbackPort(port: number): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.on('error', (cause) => {
    reject(
      new UvsError('PORT_IN_USE', `127.0.0.1:${port} cannot be used for etcd: ${cause.message}`, { hint: 'Choose another port.', cause }),
    );
  });
  server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
    const address: AddressInfo | string | null = server.address();
    const found = typeof address === 'object' && address !== null ? address.port : port;
    server.close(() => resolve(found));
  });
  return promise;
}
