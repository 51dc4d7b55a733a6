import { Assignments } from '../../agent/link/assignments.ts';
import { backoffMs } from '../../agent/link/backoff.ts';
import { Coordinators } from '../../agent/link/coordinators.ts';
import { readMessage, toProtoFacts, toProtoOutcome, toProtoToken, type FromCoordinator } from '../../agent/link/messages.ts';
import { Outbox } from '../../agent/link/outbox.ts';
import { ProgressSender } from '../../agent/link/progress-sender.ts';
import type { LinkSlotKeeper } from '../../agent/link/slot-keeper.ts';
import type { PackageOrigin } from '../../agent/ports.ts';
import type { Runner } from '../../agent/runner.ts';
import { toUvsError } from '../../common/errors.ts';
import { createLogger, type Logger } from '../../common/log.ts';
import type { SessionRequest } from '../../proto/gen/uvs/agent/v1/SessionRequest.ts';
import { AgentCalls } from './agent-calls.ts';
import type { CoordinatorMachine } from './coordinator.ts';
import type { Machine } from './machine.ts';
import { Stream, type Network } from './network.ts';
import { openRunner } from './open-runner.ts';
import type { Prng } from './prng.ts';
import type { Process } from './timeline.ts';
import { watchDeath } from './watch-death.ts';
import { WatchedSlotKeeper } from './watched-slot-keeper.ts';
import { agentWire } from './wire.ts';

export interface AgentOptions {
  readonly machine: Machine;
  readonly network: Network;
  readonly prng: Prng;
  readonly coordinators: ReadonlyMap<string, CoordinatorMachine>;
}

const CONNECT_MS = 3_000;
const WELCOME_MS = 10_000;
const CAP_MS = 2_000;
const MAX_PAST = 8;
const noOrigin: PackageOrigin = {
  open: () => Promise.reject(new Error('the simulation fetches nothing')),
  contentKey: () => Promise.reject(new Error('the simulation fetches nothing')),
};
const silent = createLogger('uvs-agent', { level: 'error', isJournal: false, write: () => undefined });

/** Starts an agent on its machine: the real runner, assignments, outbox and slot keeper, on a link that plays gRPC. */
export function startAgent(options: AgentOptions): void {
  const process = options.machine.newAgent();
  process.run(() => void new AgentLink(options, process, silent).run());
}

/** What agent/link/link.ts and session.ts are, without TLS and gRPC. */
class AgentLink {
  readonly #options: AgentOptions;
  readonly #process: Process;
  readonly #log: Logger;
  readonly #coordinators: Coordinators;
  readonly #client: AgentCalls;
  readonly #slots: LinkSlotKeeper;
  readonly #progress: ProgressSender;
  readonly #instance: string;
  #send: ((message: SessionRequest) => void) | undefined;
  #parts: { readonly runner: Runner; readonly assignments: Assignments; readonly outbox: Outbox } | undefined;

  constructor(options: AgentOptions, process: Process, log: Logger) {
    this.#options = options;
    this.#process = process;
    this.#log = log;
    this.#coordinators = new Coordinators([...options.coordinators.keys()]);
    this.#client = new AgentCalls(options, process, this.#coordinators);
    this.#slots = new WatchedSlotKeeper(this.#client, options.machine);
    this.#progress = new ProgressSender(
      (message) => this.#say(message),
      () => performance.now(),
    );
    this.#instance = options.prng.uuid();
  }

  async run(): Promise<void> {
    const { machine, prng } = this.#options;
    const facts = async () => machine.facts;
    const runner = await openRunner(machine, this.#progress);
    await runner.recover({ abandon: false });
    const outbox = new Outbox({
      operations: runner,
      client: this.#client,
      facts,
      random: () => prng.next(),
      onAcknowledged: ({ operation }) => this.#progress.forget(operation),
      log: this.#log,
    });
    const assignments = new Assignments({
      runner,
      slots: this.#slots,
      originOf: () => noOrigin,
      onWaiting: (operation, message) => this.#progress.progress(operation, 'fetching', message, -1),
      onEnded: (ended) => {
        this.#slots.forget(ended.operation);
        outbox.report(ended);
      },
      onHandedOver: () => undefined,
      random: () => prng.next(),
      log: this.#log,
    });
    this.#parts = { runner, assignments, outbox };
    for (const { operation, isInterrupted } of await runner.openOperations()) {
      if (isInterrupted) assignments.takeUp(operation);
    }
    await Promise.all([this.#search(), outbox.run(new AbortController().signal)]);
  }

  async #search(): Promise<never> {
    for (let failures = 0; ; failures += 1) {
      const queue = [...this.#coordinators.grpc()];
      const visited = new Set<string>();
      for (let address = queue.shift(); address !== undefined; address = queue.shift()) {
        if (visited.has(address)) continue;
        visited.add(address);
        const { wasOpen, leader } = await this.#visit(address);
        if (wasOpen) failures = 0;
        if (wasOpen) break;
        if (leader !== '') queue.unshift(leader);
      }
      const waitMs = backoffMs(failures, CAP_MS, this.#options.prng.next());
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  /** Stays as long as the coordinator leads and the connection holds. */
  async #visit(address: string): Promise<{ wasOpen: boolean; leader: string }> {
    const { machine, network } = this.#options;
    const coordinator = this.#options.coordinators.get(address);
    if (coordinator === undefined) return { wasOpen: false, leader: '' };
    await new Promise((resolve) => setTimeout(resolve, network.isCut(machine.hostname, coordinator.id) ? CONNECT_MS : 2));
    if (coordinator.hub === undefined || network.isCut(machine.hostname, coordinator.id)) return { wasOpen: false, leader: '' };
    const hello = await this.#hello();
    const over = Promise.withResolvers<{ leader: string }>();
    let isOpen = false;
    const close = this.#connect(coordinator, {
      message: (message) => {
        if (message.kind === 'notLeader') return over.resolve({ leader: isOpen ? '' : message.leaderGrpcAddress });
        if (message.kind !== 'welcome') return this.#received(message);
        isOpen = true;
        this.#coordinators.learn(address, message.coordinators, message.httpsAddresses);
        this.#progress.repeat();
        this.#parts?.outbox.poke();
        beat ??= this.#beat(message.heartbeatIntervalMs);
      },
      closed: () => over.resolve({ leader: '' }),
    });
    let beat: NodeJS.Timeout | undefined;
    const welcome = setTimeout(() => {
      if (!isOpen) over.resolve({ leader: '' });
    }, WELCOME_MS);
    this.#say({ hello });
    const { leader } = await over.promise;
    clearTimeout(welcome);
    clearInterval(beat);
    this.#send = undefined;
    close();
    return { wasOpen: isOpen, leader };
  }

  #connect(coordinator: CoordinatorMachine, on: { message: (message: FromCoordinator) => void; closed: () => void }): () => void {
    const { machine, network } = this.#options;
    const { process } = coordinator;
    let listener: ReturnType<CoordinatorMachine['open']> | undefined;
    const stream = new Stream(network, [
      {
        place: machine.hostname,
        process: this.#process,
        receive: (bytes) => {
          const message = Buffer.isBuffer(bytes) ? readMessage(agentWire.Session.responseDeserialize(bytes)) : undefined;
          if (message !== undefined) on.message(message);
        },
        closed: on.closed,
      },
      {
        place: coordinator.id,
        process,
        receive: (bytes) => {
          try {
            if (Buffer.isBuffer(bytes)) listener?.receive(agentWire.Session.requestDeserialize(bytes));
          } catch (error) {
            stream.close(1, toUvsError(error));
          }
        },
        closed: () => listener?.closed(),
      },
    ]);
    process.run(() => {
      listener = coordinator.open({
        peer: { identity: { cluster: 'simulated', kind: 'node', id: machine.uid }, name: `node/${machine.uid}`, fingerprint: machine.uid },
        send: (message) => stream.send(0, agentWire.Session.responseSerialize(message)),
        end: (error) => stream.close(1, error),
      });
    });
    this.#send = (message) => stream.send(1, agentWire.Session.requestSerialize(message));
    const deaths = [
      watchDeath(network, process, () => stream.break(1, false)),
      watchDeath(network, this.#process, () => stream.break(0, !machine.isOn)),
    ];
    return () => {
      for (const death of deaths) death[Symbol.dispose]();
      stream.close(0, undefined);
    };
  }

  #say(message: SessionRequest): boolean {
    this.#send?.(message);
    return this.#send !== undefined;
  }

  #beat(everyMs: number): NodeJS.Timeout {
    const beat = (): void => void this.#say({ heartbeat: { facts: null, failedServices: [...this.#options.machine.failedServices()] } });
    beat();
    return setInterval(beat, everyMs);
  }

  #received(message: FromCoordinator): void {
    const parts = this.#parts;
    if (parts === undefined) return;
    switch (message.kind) {
      case 'assign':
        return parts.assignments.assign(message);
      case 'grant':
        return this.#slots.granted(message.operation, message.token);
      case 'cancel':
        return parts.assignments.cancel(message.operation, message.reason);
      case 'revoke':
        return void parts.assignments.revoke(message.operation, message.token, message.reason);
      case 'healthProbe':
        return this.#testify(message.nonce);
      case 'welcome':
      case 'notLeader':
      case 'readOutput':
      case 'packageRoot':
      case 'limits':
      case 'limitsQuestion':
      case 'settings':
      case 'withdrawals':
        return;
    }
  }

  #testify(nonce: string): void {
    const { machine, network } = this.#options;
    const { facts } = machine;
    const failedServices = [...machine.failedServices()];
    if (failedServices.length === 0) machine.evidenceMs = network.timeline.nowMs;
    this.#say({ healthEvidence: { nonce, bootId: facts.bootId, facts: toProtoFacts(facts), failedServices } });
  }

  async #hello(): Promise<NonNullable<SessionRequest['hello']>> {
    const { machine } = this.#options;
    const open = (await this.#parts?.runner.openOperations()) ?? [];
    const past = (await this.#parts?.runner.endedOperations()) ?? [];
    return {
      uid: machine.uid,
      hostname: machine.hostname,
      addresses: ['192.0.2.1'],
      roles: [...machine.roles],
      facts: toProtoFacts(machine.facts),
      openOperations: open.map(({ operation, phase, token }) => ({
        operation,
        phase,
        token: token === undefined ? null : toProtoToken(token),
      })),
      endedOperations: past
        .slice(-MAX_PAST)
        .map(({ operation, token, outcome }) => ({ operation, token: toProtoToken(token), outcome: toProtoOutcome(outcome) })),
      instance: this.#instance,
      withdrawalsCounter: '0',
    };
  }
}
