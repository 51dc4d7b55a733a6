import { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { MethodDefinition } from '@grpc/proto-loader';
import { toUvsError, UvsError } from '../../common/errors.ts';
import { encodeError } from '../../common/rpc/error-details.ts';
import type { MethodName, ServiceName, Services } from '../../common/rpc/services.ts';
import { identityOf, serverTlsOptions } from '../../common/tls.ts';
import type { TestAuthority } from './authority.ts';
import { definition, startGrpcServer, type TestServer } from './grpc-server.ts';

/** Who calls, by the certificate, and whether the caller is gone. */
export interface Caller {
  /** e.g. "operator/alice" */
  readonly identity: string;
  readonly signal: AbortSignal;
}

/** A handler of one method: one answer, or an async iterable of them for a stream. Throws UvsError like the real thing. */
export type FakeHandler<S extends ServiceName, M extends MethodName<S>> =
  Services[S][M] extends MethodDefinition<infer _Request, infer Response, infer Request, infer _Response>
    ? (request: Request, caller: Caller) => Response | Promise<Response> | AsyncIterable<Response>
    : never;

export type FakeHandlers = { readonly [S in ServiceName]?: { readonly [M in MethodName<S>]?: FakeHandler<S, M> } };

/** Answers a request over HTTPS. */
export type FakeHttp = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A coordinator of handlers: real gRPC and HTTPS on ports of 127.0.0.1 with real mutual TLS, and nothing behind it. */
export interface FakeCoordinator extends AsyncDisposable {
  readonly address: string;
  readonly httpsAddress: string;
}

/** Starts one. `port` 0 is any; give the port of one that was disposed of to start it again. */
export async function startFakeCoordinator(
  authority: TestAuthority,
  handlers: FakeHandlers,
  options: { readonly http?: FakeHttp; readonly port?: number; readonly id?: string } = {},
): Promise<FakeCoordinator> {
  const credential = await authority.issue(`coordinator/${options.id ?? 'c1'}`);
  const implementations: Partial<Record<ServiceName, UntypedServiceImplementation>> = {};
  for (const service of serviceNames) implementations[service] = adaptService(service, { ...handlers[service] });
  const grpc: TestServer = await startGrpcServer(credential, implementations, options.port ?? 0);
  const { server: https, sockets } = await startHttps(
    serverTlsOptions(credential),
    options.http ?? ((_request, response) => void response.writeHead(404).end()),
  );
  const address = https.address();
  if (address === null || typeof address === 'string') throw new UvsError('INTERNAL', 'no port');
  return {
    address: grpc.address,
    httpsAddress: `127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      await grpc[Symbol.asyncDispose]();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => https.close(resolve));
    },
  };
}

const serviceNames: readonly ServiceName[] = [
  'uvs.v1.AccessService',
  'uvs.v1.ClusterService',
  'uvs.v1.EnrolmentService',
  'uvs.v1.EventService',
  'uvs.v1.GateService',
  'uvs.v1.LimitService',
  'uvs.v1.NodeService',
  'uvs.v1.OperationService',
  'uvs.v1.PackageService',
  'uvs.v1.RolloutService',
  'uvs.v1.SettingService',
  'uvs.v1.SlotService',
];

type AnyHandler = (request: unknown, caller: Caller) => unknown;

function adaptService(service: ServiceName, handlers: Readonly<Record<string, unknown>>): UntypedServiceImplementation {
  const methods = definition[service];
  const adapted: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(methods ?? {})) {
    if (typeof method !== 'object' || method === null || !('responseStream' in method)) continue;
    const given = handlers[name];
    const handler: AnyHandler =
      typeof given === 'function'
        ? (request, caller): unknown => Reflect.apply(given, undefined, [request, caller])
        : () => {
            throw new UvsError('INTERNAL', `the fake coordinator has no ${service}.${name}`);
          };
    adapted[name] = method.responseStream === true ? streaming(handler) : unary(handler);
  }
  return adapted;
}

function unary(handler: AnyHandler) {
  return (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>): void => void answer(handler, call, callback);
}

async function answer(handler: AnyHandler, call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>): Promise<void> {
  let response: unknown;
  try {
    response = await handler(call.request, callerOf(call));
  } catch (error) {
    callback(encodeError(toUvsError(error)));
    return;
  }
  callback(null, response);
}

function streaming(handler: AnyHandler) {
  return (call: ServerWritableStream<unknown, unknown>): void => {
    const send = async (): Promise<void> => {
      const responses = handler(call.request, callerOf(call));
      if (typeof responses !== 'object' || responses === null || !(Symbol.asyncIterator in responses))
        throw new UvsError('INTERNAL', 'not a stream');
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked one line above
      for await (const response of responses as AsyncIterable<unknown>) call.write(response);
      call.end();
    };
    send().catch((error: unknown) => call.emit('error', encodeError(toUvsError(error))));
  };
}

function callerOf(call: ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>): Caller {
  const gone = new AbortController();
  call.on('cancelled', () => gone.abort());
  const raw = call.getAuthContext().sslPeerCertificate?.raw;
  if (raw === undefined) throw new UvsError('UNAUTHENTICATED', 'no client certificate');
  const { kind, id } = identityOf(new X509Certificate(raw));
  return { identity: `${kind}/${id}`, signal: gone.signal };
}

async function startHttps(
  options: ReturnType<typeof serverTlsOptions>,
  handle: FakeHttp,
): Promise<{ server: Server; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer(options, (request, response) => {
    const handled = async (): Promise<void> => await handle(request, response);
    handled().catch(() => response.destroy());
  });
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, sockets };
}
