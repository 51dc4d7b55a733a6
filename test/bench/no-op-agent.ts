import { randomUUID } from 'node:crypto';
import type { Credential } from '../../common/credential.ts';
import { Connection } from '../../common/rpc/connection.ts';
import type { Calls } from '../../proto/load-calls.ts';
import type { Assign__Output } from '../../proto/gen/uvs/agent/v1/Assign.ts';
import type { Grant__Output } from '../../proto/gen/uvs/agent/v1/Grant.ts';
import type { SessionResponse__Output } from '../../proto/gen/uvs/agent/v1/SessionResponse.ts';
import type { NodeFacts } from '../../proto/gen/uvs/v1/NodeFacts.ts';

const SERVICE = 'uvs.agent.v1.AgentService';
const ANSWER_MS = 10_000;

const facts: NodeFacts = {
  distroId: 'debian',
  distroVersion: '12',
  arch: 'arm64',
  agentVersion: '0.1.0',
  uvsVersion: '2.14.16',
  kernelVersion: '6.1.0',
  diskFreeBytes: 1e9,
  diskTotalBytes: 4e9,
  bootId: randomUUID(),
};

interface NoOpAgentOptions {
  /** host:port of the leader. */
  readonly address: string;
  readonly credential: Credential;
  readonly hostname: string;
  /** What the releases that it is given are of. */
  readonly component: string;
  readonly definition: Calls;
  /** Is told what goes wrong, by an agent that should have nothing go wrong. */
  readonly fail: (error: Error) => void;
}

/** A node over the real protocol that stages and installs in no time, so that what is measured is the coordinator. */
export class NoOpAgent implements Disposable {
  readonly #connection: Connection;
  readonly #stream;
  readonly #fail: (error: Error) => void;
  readonly #open = new Set<string>();
  readonly #component: string;
  /** By operation: what it brings, which the coordinator asks for before it frees the slot. */
  readonly #manifestHashes = new Map<string, string>();
  #facts = facts;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(options: NoOpAgentOptions) {
    const { address, credential, hostname, component, definition, fail } = options;
    this.#fail = fail;
    this.#component = component;
    this.#connection = new Connection(address, { credential, definition });
    this.#stream = this.#connection.duplex(SERVICE, 'Session');
    this.#stream.on('error', fail);
    this.#stream.on('data', (message: SessionResponse__Output) => {
      this.#take(message).catch((error: unknown) => fail(error instanceof Error ? error : new Error(String(error))));
    });
    const uid = credential.identity.replace('node/', '');
    this.#stream.write({ hello: { uid, hostname, addresses: ['127.0.0.1'], roles: ['osd'], facts, instance: randomUUID() } });
  }

  async #take(message: SessionResponse__Output): Promise<void> {
    if (message.welcome) {
      const everyMs = message.welcome.heartbeatIntervalMs;
      this.#heartbeat = setInterval(() => this.#stream.write({ heartbeat: { facts: this.#facts } }), everyMs);
    } else if (message.assign) this.#stage(message.assign);
    else if (message.grant) await this.#install(message.grant);
    else if (message.healthProbe)
      this.#stream.write({ healthEvidence: { nonce: message.healthProbe.nonce, bootId: facts.bootId ?? '', facts: this.#facts } });
  }

  #stage({ operation, manifestHash }: Assign__Output): void {
    this.#manifestHashes.set(operation, manifestHash);
    this.#stream.write({ progress: { operation, phase: 'staged', message: '', percent: 100 } });
  }

  async #install({ operation, token }: Grant__Output): Promise<void> {
    if (this.#open.has(operation)) return;
    this.#open.add(operation);
    const begun = await this.#connection.unary(SERVICE, 'Begin', { operation, token }, { deadlineMs: ANSWER_MS });
    if (!begun.granted) {
      this.#fail(new Error(`${operation} may not begin: ${begun.reason}`));
      return;
    }
    const release = {
      component: this.#component,
      version: '2.14.18',
      releaseSeq: 18,
      manifestHash: this.#manifestHashes.get(operation) ?? '',
    };
    this.#facts = { ...facts, installed: [release] };
    const report = { operation, token, outcome: 'OUTCOME_INSTALLED', message: '', outputTail: '', facts: this.#facts } as const;
    await this.#connection.unary(SERVICE, 'ReportEnded', report, { deadlineMs: ANSWER_MS });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#heartbeat);
    this.#stream.on('error', () => undefined);
    this.#stream.off('error', this.#fail);
    this.#stream.cancel();
    this.#connection[Symbol.dispose]();
  }
}
