import { Server, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Credential } from '../../common/credential.ts';
import { UvsError } from '../../common/errors.ts';
import { serverCredentials } from '../../common/rpc/credentials.ts';
import type { ServiceName } from '../../common/rpc/services.ts';
import { loadDefinition } from '../../proto/load.ts';

export const definition = loadDefinition();

export interface TestServer extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
}

/** A gRPC server with real mutual TLS on a port of 127.0.0.1 (0: any), with the handlers given; it ends at once when disposed of. */
export async function startGrpcServer(
  credential: Credential,
  handlers: Partial<Record<ServiceName, UntypedServiceImplementation>>,
  port = 0,
): Promise<TestServer> {
  const server = new Server();
  for (const [name, implementation] of Object.entries(handlers)) {
    const service = definition[name];
    if (service === undefined || 'format' in service) throw new UvsError('INTERNAL', `no service ${name}`);
    server.addService(service, implementation);
  }
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, serverCredentials(credential), (error, chosen) =>
      error === null ? resolve(chosen) : reject(error),
    );
  });
  return {
    address: `127.0.0.1:${bound}`,
    port: bound,
    [Symbol.asyncDispose]: async () => {
      server.forceShutdown();
      await Promise.resolve();
    },
  };
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function closedPort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new UvsError('INTERNAL', 'no port');
  return address.port;
}
