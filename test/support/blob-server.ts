import type { Credential } from '../../common/credential.ts';
import { UvsError } from '../../common/errors.ts';
import { BlobServer, type BlobServerOptions } from '../../coordinator/blobs/https-server.ts';
import { TestAuthority } from './authority.ts';
import { realClock } from './real-clock.ts';

export interface TestBlobServer extends AsyncDisposable {
  /** host:port */
  readonly address: string;
  credential(identity: string): Promise<Credential>;
}

const notPartOfThis = async (): Promise<never> => {
  throw new UvsError('INTERNAL', 'not part of this test');
};

/** The HTTPS listener of a coordinator on a port of 127.0.0.1, with real mutual TLS, before what the test puts behind it. */
export async function startBlobServer(parts: Partial<Omit<BlobServerOptions, 'tls' | 'cluster'>>): Promise<TestBlobServer> {
  const authority = await TestAuthority.create('test');
  const server = new BlobServer({
    tls: await authority.issue('coordinator/c1'),
    cluster: 'test',
    clock: realClock,
    isWithdrawn: () => false,
    isEnrolled: async () => true,
    isOpen: () => true,
    store: { sizeOf: () => undefined, pathOf: (digest) => digest },
    uploads: { take: notPartOfThis, maxBytes: 1e12 },
    replicas: { fetchFrom: notPartOfThis },
    pacer: undefined,
    onBytes: () => undefined,
    onDenied: () => undefined,
    onInternal: (method, error) => console.error(method, error),
    ...parts,
  });
  const port = await server.listen('127.0.0.1', 0);
  return {
    address: `127.0.0.1:${port}`,
    credential: (identity) => authority.issue(identity),
    [Symbol.asyncDispose]: () => server.stop(100),
  };
}
