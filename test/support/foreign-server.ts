import { createServer, type Server } from 'node:tls';
import type { Credential } from '../../common/credential.ts';
import { serverTlsOptions } from '../../common/tls.ts';

/** Calls itself a coordinator, takes whoever comes, and counts what it is told. */
export class ForeignServer implements AsyncDisposable {
  readonly address: string;
  connections = 0;
  /** After the handshakes. */
  receivedBytes = 0;
  clientCertificates = 0;
  readonly #server: Server;

  private constructor(server: Server, address: string) {
    this.#server = server;
    this.address = address;
  }

  static async start(credential: Credential): Promise<ForeignServer> {
    const server = createServer({ ...serverTlsOptions(credential), rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    const foreign = new ForeignServer(server, `127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}`);
    server.on('connection', () => (foreign.connections += 1));
    server.on('secureConnection', (socket) => {
      if (socket.getPeerX509Certificate() !== undefined) foreign.clientCertificates += 1;
      socket.on('data', (bytes) => (foreign.receivedBytes += bytes.length));
      socket.on('error', () => undefined);
    });
    server.on('tlsClientError', () => undefined);
    return foreign;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
