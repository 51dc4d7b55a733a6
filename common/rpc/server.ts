import { Server, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import type { Credential } from '../credential.ts';
import { UvsError } from '../errors.ts';
import { serverCredentials } from './credentials.ts';
import type { Guard } from './guard.ts';
import type { ServiceName } from './services.ts';

/** Larger than any request: a page of a thousand nodes is the largest answer. */
const MAX_REQUEST_BYTES = 1024 * 1024;
const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;
const KEEPALIVE_MS = 30_000;
const KEEPALIVE_ANSWER_MS = 10_000;
/** Calls at once on one connection; agents need two, an operator's tool a few. */
const MAX_STREAMS = 100;

export interface RpcServerOptions {
  readonly tls: Pick<Credential, 'authority' | 'certificate' | 'key'>;
  readonly guard: Guard;
  readonly definition: PackageDefinition;
}

/** A gRPC server behind mutual TLS and a guard. */
export class RpcServer {
  readonly #options: RpcServerOptions;
  readonly #server: Server;
  readonly #methods: string[] = [];

  constructor(options: RpcServerOptions) {
    this.#options = options;
    this.#server = new Server({
      interceptors: [options.guard.interceptor],
      'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
      'grpc.max_send_message_length': MAX_RESPONSE_BYTES,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_ANSWER_MS,
      'grpc.max_concurrent_streams': MAX_STREAMS,
      'grpc.enable_channelz': 0,
    });
  }

  /** Full names of all methods served, "/package.Service/Method". */
  get methods(): readonly string[] {
    return this.#methods;
  }

  /** Adds one of our services. @throws UvsError INTERNAL where the proto files lack it */
  serve(name: ServiceName, handlers: UntypedServiceImplementation): void {
    const service = this.#options.definition[name];
    if (service === undefined || !isService(service)) throw new UvsError('INTERNAL', `the proto files define no service ${name}`);
    this.addService(service, handlers);
  }

  /** Adds a service that brings its own definition (health checking, reflection). */
  addService(service: ServiceDefinition, handlers: UntypedServiceImplementation): void {
    this.#server.addService(service, handlers);
    this.#methods.push(...Object.values(service).map((method) => method.path));
  }

  /** Listens on host:port; resolves with the port. @throws UvsError PORT_IN_USE, CONFIG_INVALID */
  async listen(address: string): Promise<number> {
    return await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(address, serverCredentials(this.#options.tls), (error, port) => {
        if (error === null) resolve(port);
        else reject(listenError(address, 'gRPC', error));
      });
    });
  }

  /** Takes no new calls and lets those that run end; after the grace time they are cut. */
  async stop(graceMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#server.forceShutdown();
        resolve();
      }, graceMs);
      this.#server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** What a failure to listen means. `what` is the listener's name, and in lower case its section of the configuration. */
export function listenError(address: string, what: string, error: Error): UvsError {
  if (error.message.includes('EADDRINUSE')) {
    return new UvsError('PORT_IN_USE', `the ${what} address ${address} is in use`, {
      hint: `Stop whatever listens there, or configure another port: [${what.toLowerCase()}] listen.`,
      cause: error,
      details: { address },
    });
  }
  return new UvsError('CONFIG_INVALID', `can't listen on the ${what} address ${address}: ${error.message}`, {
    hint: `Configure an address of this machine: [${what.toLowerCase()}] listen.`,
    cause: error,
    details: { address },
  });
}

function isService(definition: object): definition is ServiceDefinition {
  return Object.values(definition).every(
    (method) => typeof method === 'object' && method !== null && 'path' in method && 'requestSerialize' in method,
  );
}
