import { Client, Metadata, status, type StatusObject } from '@grpc/grpc-js';
import type { Credential } from '../../common/credential.ts';
import { channelCredentials } from '../../common/rpc/credentials.ts';
import { decodeErrorDetails } from '../../common/rpc/error-details.ts';

export interface RawAnswer {
  readonly code: status;
  /** Our reason; empty where the server gave none. */
  readonly reason: string;
}

/** A client of bytes: calls any method of any service, whatever its kind, with an empty message. */
export class RawClient implements Disposable {
  readonly #client: Client;

  constructor(address: string, credential: Credential) {
    this.#client = new Client(
      address,
      channelCredentials(credential, undefined, () => undefined),
      {
        'grpc.ssl_target_name_override': 'coordinator.uvs',
        'grpc.use_local_subchannel_pool': 1,
      },
    );
  }

  /** Resolves with the status; a stream that begins to answer counts as admitted (code 0). */
  async call(path: string): Promise<RawAnswer> {
    const call = this.#client.makeBidiStreamRequest(
      path,
      (bytes: Buffer) => bytes,
      (bytes) => bytes,
      new Metadata(),
      { deadline: Date.now() + 10_000 },
    );
    return await new Promise((resolve) => {
      call.on('status', (status: StatusObject) =>
        resolve({ code: status.code, reason: decodeErrorDetails(status.metadata)?.reason ?? '' }),
      );
      call.on('error', () => undefined);
      call.on('data', () => {
        resolve({ code: status.OK, reason: '' });
        call.cancel();
      });
      call.write(Buffer.alloc(0));
      call.end();
    });
  }

  /** Opens a stream of answers and resolves once it has begun to answer; `ended` tells of its end. */
  async open(path: string): Promise<{ readonly ended: Promise<RawAnswer> }> {
    const call = this.#client.makeBidiStreamRequest(
      path,
      (bytes: Buffer) => bytes,
      (bytes) => bytes,
      new Metadata(),
    );
    const ended = new Promise<RawAnswer>((resolve) => {
      call.on('status', (status: StatusObject) =>
        resolve({ code: status.code, reason: decodeErrorDetails(status.metadata)?.reason ?? '' }),
      );
    });
    call.on('error', () => undefined);
    const begun = new Promise((resolve) => call.on('data', resolve));
    call.write(Buffer.alloc(0));
    call.end();
    await Promise.race([begun, ended]);
    return { ended };
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
