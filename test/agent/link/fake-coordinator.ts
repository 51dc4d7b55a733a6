import type { sendUnaryData, ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import type { Credential } from '../../../common/credential.ts';
import { UvsError } from '../../../common/errors.ts';
import { encodeError } from '../../../common/rpc/error-details.ts';
import type { BeginResponse } from '../../../proto/gen/uvs/agent/v1/BeginResponse.ts';
import type { Hello__Output } from '../../../proto/gen/uvs/agent/v1/Hello.ts';
import type { ReportEndedRequest__Output } from '../../../proto/gen/uvs/agent/v1/ReportEndedRequest.ts';
import type { SessionRequest__Output } from '../../../proto/gen/uvs/agent/v1/SessionRequest.ts';
import type { SessionResponse } from '../../../proto/gen/uvs/agent/v1/SessionResponse.ts';
import { startGrpcServer, type TestServer } from '../../support/grpc-server.ts';

type Stream = ServerDuplexStream<SessionRequest__Output, SessionResponse>;
type Unary<Request, Response> = (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>) => void;

/** What a fake coordinator has heard over one session. */
export interface FakeSession {
  readonly hello: Hello__Output;
  readonly messages: SessionRequest__Output[];
  readonly stream: Stream;
}

/** A coordinator of the agents' protocol over real mutual TLS, which says what a test wants. */
export class FakeCoordinator implements AsyncDisposable {
  readonly sessions: FakeSession[] = [];
  readonly reports: ReportEndedRequest__Output[] = [];
  visits = 0;
  /** Undefined: this one leads; '': nobody does. */
  leader: string | undefined;
  httpsAddresses: string[] = [];
  coordinators: string[] = [];
  contentKey = Buffer.alloc(32, 7);
  reportFailure: UvsError | undefined;
  begin: () => BeginResponse | UvsError | undefined = () => ({ granted: true, reason: '' });
  readonly #credential: Credential;
  #server: TestServer | undefined;
  #port = 0;

  constructor(credential: Credential) {
    this.#credential = credential;
  }

  static async start(credential: Credential): Promise<FakeCoordinator> {
    const coordinator = new FakeCoordinator(credential);
    await coordinator.start();
    return coordinator;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** The latest session. */
  get session(): FakeSession {
    const session = this.sessions.at(-1);
    if (session === undefined) throw new UvsError('INTERNAL', 'no session was opened');
    return session;
  }

  /** Listens, on the same port again after a stop. */
  async start(): Promise<void> {
    const handlers = {
      Session: (stream: Stream): void => this.#session(stream),
      Begin: this.#answer(() => this.begin()),
      ConfirmToken: this.#answer(() => ({ valid: true, reason: '' })),
      GetPackageKey: this.#answer(() => ({ contentKey: this.contentKey })),
      ReportEnded: this.#answer((request: ReportEndedRequest__Output) => {
        if (this.reportFailure !== undefined) return this.reportFailure;
        this.reports.push(request);
        return {};
      }),
    };
    this.#server = await startGrpcServer(this.#credential, { 'uvs.agent.v1.AgentService': handlers }, this.#port);
    this.#port = this.#server.port;
  }

  /** Dies: connections are cut. */
  async stop(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }

  send(message: SessionResponse): void {
    this.session.stream.write(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #session(stream: Stream): void {
    this.visits += 1;
    let session: FakeSession | undefined;
    stream.on('error', () => undefined);
    stream.on('end', () => stream.end());
    stream.on('data', (message: SessionRequest__Output) => {
      const { hello } = message;
      if (session !== undefined || hello === null || hello === undefined) {
        session?.messages.push(message);
        return;
      }
      if (this.leader !== undefined) {
        stream.write({ notLeader: { leaderGrpcAddress: this.leader } });
        stream.end();
        return;
      }
      session = { hello, messages: [], stream };
      const { httpsAddresses, coordinators } = this;
      stream.write({ welcome: { heartbeatIntervalMs: 200, epoch: 'e', httpsAddresses, coordinators } });
      this.sessions.push(session);
    });
  }

  #answer<Request, Response>(answer: (request: Request) => Response | UvsError | undefined): Unary<Request, Response> {
    return (call, done) => {
      if (this.leader !== undefined) {
        done(encodeError(new UvsError('NOT_LEADER', 'another leads', { details: { leader: this.leader } })));
        return;
      }
      const result = answer(call.request);
      if (result instanceof UvsError) done(encodeError(result));
      else if (result !== undefined) done(null, result);
    };
  }
}
