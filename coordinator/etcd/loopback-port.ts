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
    const isTaken = 'code' in cause && cause.code === 'EADDRINUSE';
    reject(
      new UvsError('PORT_IN_USE', `the address 127.0.0.1:${port} for etcd ${isTaken ? 'is in use' : `cannot be used: ${cause.message}`}`, {
        hint: 'See whether this coordinator or its etcd runs already; else configure other ports: [etcd] client_port, peer_port.',
        cause,
      }),
    );
  });
  server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
    const address: AddressInfo | string | null = server.address();
    const found = typeof address === 'object' && address !== null ? address.port : port;
    server.close(() => resolve(found));
  });
  return promise;
}
