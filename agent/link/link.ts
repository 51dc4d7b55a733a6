import { aborted } from '../../common/aborted.ts';
import { agentBounds } from '../../common/agent-bounds.ts';
import { Deadline } from '../../common/deadline.ts';
import { writeCredential, type Credential } from '../../common/credential.ts';
import type { UvsError } from '../../common/errors.ts';
import type { NodeFacts } from '../../common/facts.ts';
import type { Logger } from '../../common/log.ts';
import { CoordinatorClient } from '../../common/rpc/client.ts';
import type { Calls } from '../../proto/load-calls.ts';
import type { Hello } from '../../proto/gen/uvs/agent/v1/Hello.ts';
import type { ForeseenLimits, WantedLimitsOfNode } from '../limits/kept-limits.ts';
import type { NodeIdentity } from '../node-identity.ts';
import type { PackageRoot } from '../package-root.ts';
import type { Ended, OperationObserver } from '../ports.ts';
import { Assignments } from './assignments.ts';
import { Coordinators } from './coordinators.ts';
import { declaredParts, type DeclaredLoops, type DeclaredParts } from './declared.ts';
import { HttpsClient } from './https-source.ts';
import { toProtoAnswer, toProtoOutcome, toProtoToken, type FromCoordinator } from './messages.ts';
import { mostPressing, type OperationRunner } from './operations.ts';
import { linkOrigin } from './origin.ts';
import { Outbox } from './outbox.ts';
import { OutputServer } from './output-server.ts';
import { ProgressSender } from './progress-sender.ts';
import { SelfReport } from './self-report.ts';
import { Session, type Welcome } from './session.ts';
import { LinkSlotKeeper } from './slot-keeper.ts';
import type { WithdrawalList } from './withdrawal-list.ts';

export interface LinkOptions extends DeclaredLoops {
  readonly credential: Credential;
  /** Where the credential is stored again when the coordinators' addresses change. */
  readonly credentialPath: string;
  readonly identity: NodeIdentity;
  readonly definition: Calls;
  readonly withdrawals: WithdrawalList;
  readonly packageRoot: Pick<PackageRoot, 'newest' | 'follow'>;
  readonly addresses: () => readonly string[];
  readonly facts: () => Promise<NodeFacts>;
  /** @param howFresh whether what was asked a while ago will do */
  readonly failedServices: (howFresh: 'known' | 'asked') => Promise<readonly string[]>;
  /** Says what the node would refuse of limits that nobody has set. */
  readonly foreseeLimits: (rules: WantedLimitsOfNode['rules']) => Promise<ForeseenLimits>;
  readonly onConnected: (coordinator: string | undefined) => void;
  /** No coordinator has taken the node; undefined: none refused it either. */
  readonly onUnwelcome: (refusal: UvsError | undefined) => void;
  /** The session's loop turns. */
  readonly onTurn: () => void;
  readonly onFetched: (bytes: number) => void;
  readonly onEnded: (ended: Ended) => void;
  readonly onHandedOver: () => void;
  /** Units that this node restarts beside Ceph's. */
  readonly restartable: readonly string[];
  /** Random per start of the agent. */
  readonly instance: string;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Logger;
}

/** So long an agent that stops tries to tell an end; what is not heard by then is told by the next one. */
const LAST_WORD_MS = 5_000;
/** Whoever asked waits no longer. */
const ANSWER_MS = 10_000;
/** A node has one slot at a time, so the last ends matter; a coordinator whose etcd was restored may have lost a few. */
const MAX_PAST = 8;

/** The agent's side towards the coordinators: one session, and what comes and goes over it. */
export class Link implements Disposable {
  readonly #options: LinkOptions;
  readonly #coordinators: Coordinators;
  readonly #client: CoordinatorClient;
  readonly #https: HttpsClient;
  readonly #slots: LinkSlotKeeper;
  readonly #report: SelfReport;
  readonly #session: Session;
  readonly #progress: ProgressSender;
  readonly #declared: DeclaredParts;
  #parts:
    | { readonly runner: OperationRunner; readonly assignments: Assignments; readonly outbox: Outbox; readonly output: OutputServer }
    | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { credential, definition, withdrawals, random, log } = options;
    this.#coordinators = new Coordinators(credential.coordinators);
    const isWithdrawn = (fingerprint: string): boolean => withdrawals.has(fingerprint);
    this.#client = new CoordinatorClient(credential, { definition, isWithdrawn, addresses: () => this.#coordinators.grpc() });
    this.#https = new HttpsClient({
      credential,
      isWithdrawn,
      addresses: () => this.#coordinators.https(),
      onBytes: options.onFetched,
      random,
    });
    this.#slots = new LinkSlotKeeper(this.#client);
    this.#report = new SelfReport({
      facts: options.facts,
      failedServices: options.failedServices,
      packageRootVersion: async () => (await options.packageRoot.newest()).root.version,
      nowMs: () => performance.now(),
    });
    this.#session = new Session({
      credential,
      definition,
      coordinators: this.#coordinators,
      withdrawals,
      random,
      hello: () => this.#hello(),
      heartbeat: async () => {
        for (const part of Object.values(this.#declared)) part.tellOwed();
        return await this.#report.heartbeat();
      },
      onWelcome: (address, welcome) => this.#welcomed(address, welcome),
      onMessage: (message) => this.#received(message),
      onLost: () => options.onConnected(undefined),
      onUnwelcome: options.onUnwelcome,
      onTurn: options.onTurn,
      log: log.child({ part: 'session' }),
    });
    this.#declared = declaredParts(options, this.#session);
    this.#progress = new ProgressSender(
      (message) => this.#session.send(message),
      () => performance.now(),
    );
  }

  /** Hears of all operations and tells the coordinator. */
  get observer(): OperationObserver {
    return this.#progress;
  }

  /** Serves the coordinators with this runner until the signal aborts and what has begun is over; never rejects. */
  async run(runner: OperationRunner, signal: AbortSignal): Promise<void> {
    const { log, facts, random } = this.#options;
    const outbox = new Outbox({
      operations: runner,
      client: this.#client,
      facts,
      random,
      onAcknowledged: ({ operation }) => this.#progress.forget(operation),
      log: log.child({ part: 'outbox' }),
    });
    const assignments = new Assignments({
      runner,
      slots: this.#slots,
      originOf: (assignment) => linkOrigin(assignment, this.#https, this.#client),
      onHandedOver: this.#options.onHandedOver,
      onWaiting: (operation, message) => this.#progress.progress(operation, 'fetching', message, -1),
      onEnded: (ended) => {
        this.#slots.forget(ended.operation);
        this.#options.onEnded(ended);
        this.#report.outdate();
        outbox.report(ended);
      },
      random,
      log: log.child({ part: 'assignments' }),
    });
    const output = new OutputServer(runner, this.#session, log.child({ part: 'output' }));
    this.#parts = { runner, assignments, outbox, output };
    // The session outlives the signal while something that has begun goes on: it needs answers, and its end should be heard.
    const closing = new AbortController();
    for (const { operation, isInterrupted } of await runner.openOperations()) {
      if (isInterrupted) assignments.takeUp(operation);
    }
    const loops = Promise.all([this.#session.run(closing.signal), outbox.run(closing.signal)]);
    await aborted(signal);
    await assignments.stop();
    await outbox.told(LAST_WORD_MS);
    closing.abort();
    await loops;
  }

  get currentOperation(): string | undefined {
    return this.#parts?.assignments.currentOperation;
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
        return this.#background('revocation', parts.assignments.revoke(message.operation, message.token, message.reason));
      case 'healthProbe':
        return this.#background('health evidence', this.#testify(message.nonce));
      case 'readOutput':
        return this.#background('output', parts.output.serve(message.requestId, message.operation));
      case 'withdrawals':
        return this.#background('withdrawals', this.#withdraw(message.counter, message.fingerprints));
      case 'packageRoot':
        return this.#background('package root', this.#followRoot(message.rootChain));
      case 'limits':
        return this.#background('limits', this.#declared.limits.take(message));
      case 'limitsQuestion':
        return this.#background('limits preview', this.#foresee(message.nonce, message.rules));
      case 'settings':
        return this.#background('settings', this.#declared.settings.take(message));
      case 'welcome':
      case 'notLeader':
        return; // the session's own
      default:
        message satisfies never;
    }
  }

  #welcomed(address: string, welcome: Welcome): void {
    const { credential, credentialPath, log } = this.#options;
    log.info({ coordinator: address, epoch: welcome.epoch }, 'session open');
    if (this.#coordinators.learn(address, welcome.coordinators, welcome.httpsAddresses)) {
      this.#background('credential', writeCredential(credentialPath, { ...credential, coordinators: this.#coordinators.all() }));
    }
    for (const part of Object.values(this.#declared)) part.begin();
    this.#options.onConnected(address);
    this.#progress.repeat();
    this.#parts?.outbox.poke();
  }

  /** Tells the coordinator how it stands with what it has declared; without a session that is done when there is one. */
  tell(kind: 'limits' | 'settings'): void {
    this.#declared[kind].tell();
  }

  async #hello(): Promise<Hello> {
    const { identity, addresses, instance, withdrawals, restartable } = this.#options;
    const open = mostPressing((await this.#parts?.runner.openOperations()) ?? [], agentBounds.openOperations);
    const past = (await this.#parts?.runner.endedOperations()) ?? [];
    const { facts, packageRootVersion } = await this.#report.introduction();
    return {
      ...identity,
      addresses: addresses().slice(0, agentBounds.addresses),
      roles: [...identity.roles],
      facts,
      openOperations: open.map(({ operation, phase, token }) => ({
        operation,
        phase,
        token: token === undefined ? null : toProtoToken(token),
      })),
      endedOperations: past.slice(-MAX_PAST).map(({ operation, token, outcome }) => ({
        operation,
        token: toProtoToken(token),
        outcome: toProtoOutcome(outcome),
      })),
      instance,
      withdrawalsCounter: String(withdrawals.counter),
      packageRootVersion,
      takesLimits: true,
      takesSettings: true,
      answersLimits: true,
      restartableUnits: { units: restartable.slice(0, agentBounds.restartableUnits) },
    };
  }

  async #foresee(nonce: string, rules: WantedLimitsOfNode['rules']): Promise<void> {
    const limitsAnswer = toProtoAnswer(nonce, await this.#options.foreseeLimits(rules));
    using deadline = new Deadline(ANSWER_MS, 'room for what limits would be refused');
    while (!this.#session.send({ limitsAnswer })) await this.#session.drained(deadline.signal);
  }

  async #testify(nonce: string): Promise<void> {
    const healthEvidence = { nonce, ...(await this.#report.evidence()) };
    // if the session can't take it now, the coordinator asks again
    this.#session.send({ healthEvidence });
  }

  async #withdraw(counter: number, fingerprints: readonly string[]): Promise<void> {
    const { withdrawals, log } = this.#options;
    const isNewer = await withdrawals.update(counter, fingerprints);
    if (!isNewer) return;
    log.info({ counter, count: fingerprints.length }, 'withdrawn certificates stored');
    this.#https.dropConnections();
    this.#client.dropConnections();
    if (this.#session.isPeer((fingerprint) => withdrawals.has(fingerprint))) this.#session.drop();
  }

  async #followRoot(chain: Uint8Array): Promise<void> {
    const newest = await this.#options.packageRoot.follow(chain);
    if (newest === undefined) return;
    this.#options.log.info({ version: newest.root.version, sha256: newest.sha256 }, 'another root file says whose packages are taken');
    // told at once: whoever has revoked a key waits to hear that it counts nowhere any more
    this.#report.rootFollowed(newest.root.version);
    this.#session.send({ heartbeat: await this.#report.heartbeat() });
  }

  #background(what: string, work: Promise<void>): void {
    work.catch((err: unknown) => this.#options.log.warn({ err, what }, 'could not be done'));
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
    this.#https[Symbol.dispose]();
  }
}
