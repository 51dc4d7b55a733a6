import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Package } from '../../proto/gen/uvs/v1/Package.ts';
import type { FakeHandlers, FakeHttp } from './fake-coordinator.ts';

/** One PUT as it came. */
export interface SeenPut {
  readonly from: number;
  readonly contentRange: string;
}

/** The packages of a fake coordinator, with uploads that can be made to break. */
export class FakeUploads {
  readonly packages = new Map<string, Package>();
  readonly puts: SeenPut[] = [];
  readonly tickets: string[] = [];
  /** Number of bytes after which each of the next PUTs loses its connection. */
  readonly breakAfter: number[] = [];
  /** What the next PUTs are answered with once complete, in place of success. */
  readonly refusals: { readonly status: number; readonly body: string }[] = [];
  httpsAddress = '';
  /** Called when a PUT has come in. */
  onPut: () => void = () => undefined;
  #received: Buffer = Buffer.alloc(0);

  readonly handlers: NonNullable<FakeHandlers['uvs.v1.PackageService']> = {
    CreateUpload: ({ digest }) => {
      this.tickets.push(digest);
      const found = this.packages.get(digest);
      if (found !== undefined) return { uploadUrl: '', package: found };
      return { uploadUrl: `https://${this.httpsAddress}/v1/uploads/${digest}`, receivedBytes: String(this.#received.length) };
    },
    GetPackage: ({ name }) => ({ package: this.packages.get(name.replace('packages/', '')) ?? null }),
    ListPackages: () => ({ packages: [...this.packages.values()] }),
  };

  readonly http: FakeHttp = async (request, response) => {
    const digest = request.url?.replace('/v1/uploads/', '') ?? '';
    const contentRange = request.headers['content-range'] ?? '';
    const from = Number(/^bytes (\d+)-/.exec(contentRange)?.[1] ?? this.#received.length);
    this.puts.push({ from, contentRange });
    this.onPut();
    const isWhole = await this.#receive(request, this.breakAfter.shift());
    if (!isWhole) {
      request.socket.destroy();
      return;
    }
    this.#answer(digest, response);
  };

  async #receive(request: IncomingMessage, limit = Infinity): Promise<boolean> {
    let bytes = 0;
    for await (const piece of request) {
      const chunk: unknown = piece;
      if (!Buffer.isBuffer(chunk)) return false;
      const kept = chunk.subarray(0, Math.max(0, limit - bytes));
      this.#received = Buffer.concat([this.#received, kept]);
      bytes += chunk.length;
      if (bytes >= limit) return false;
    }
    return true;
  }

  #answer(digest: string, response: ServerResponse): void {
    const refusal = this.refusals.shift();
    if (refusal !== undefined) {
      response.writeHead(refusal.status, { 'content-type': 'application/json' }).end(refusal.body);
      return;
    }
    const found = createHash('sha256').update(this.#received).digest('hex');
    if (found !== digest) {
      response.writeHead(400).end(JSON.stringify({ reason: 'PACKAGE_CORRUPT', message: 'another digest' }));
      return;
    }
    this.packages.set(digest, samplePackage(digest, this.#received.length));
    response.writeHead(201).end('{}');
  }
}

/** A package as the API shows it. */
export function samplePackage(digest: string, sizeBytes: number, more: Partial<Package> = {}): Package {
  return { name: `packages/${digest}`, digest, product: 'uvs', version: '2.14.17', sizeBytes: String(sizeBytes), holders: ['c1'], ...more };
}
