import { agentBounds } from '../../common/agent-bounds.ts';
import { cutText } from '../../common/cut.ts';
import { pause } from '../../common/deadline.ts';
import type { NodeFacts } from '../../common/facts.ts';
import type { Logger } from '../../common/log.ts';
import type { CoordinatorClient } from '../../common/rpc/client.ts';
import type { Ended } from '../ports.ts';
import { backoffMs } from './backoff.ts';
import type { OperationRunner } from './operations.ts';
import { toProtoFacts, toProtoOutcome, toProtoToken } from './messages.ts';

export interface OutboxOptions {
  /** Keeps over restarts what has ended and was not acknowledged. */
  readonly operations: Pick<OperationRunner, 'openOperations' | 'acknowledge'>;
  readonly client: Pick<CoordinatorClient, 'call'>;
  readonly facts: () => Promise<NodeFacts>;
  readonly onAcknowledged: (ended: Ended) => void;
  readonly random: () => number;
  readonly log: Logger;
}

const REPORT_MS = 10_000;
const RETRY_CAP_MS = 30_000;
const LOOK_AGAIN_MS = 50;

/** Repeats ReportEnded until the coordinator acknowledges; a slot stays taken until then. */
export class Outbox {
  readonly #options: OutboxOptions;
  /** Ended long ago and asked for again; the journal has them no more. */
  readonly #repeated = new Map<string, Ended>();
  /** Acknowledged and still in the journal, because they need an operator. */
  readonly #heard = new Set<string>();
  #wake = new AbortController();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Reports an end that the journal may not hold any more. */
  report(ended: Ended): void {
    this.#repeated.set(ended.operation, ended);
    this.#heard.delete(ended.operation);
    this.poke();
  }

  /** There is something to report, or somebody to report to: try at once. */
  poke(): void {
    this.#wake.abort();
  }

  /** Resolves once every end is acknowledged, while `run` goes on, or when the time is over. */
  async told(withinMs: number): Promise<void> {
    const late = AbortSignal.timeout(withinMs);
    while (!late.aborted && (await this.#pending()).length > 0)
      await pause(LOOK_AGAIN_MS, 'an acknowledgement', late).catch(() => undefined);
  }

  /** Runs until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const isEmpty = await this.#deliver(signal);
      failures = isEmpty ? 0 : failures + 1;
      if (this.#wake.signal.aborted) failures = 0;
      const waitMs = isEmpty ? RETRY_CAP_MS : backoffMs(failures, RETRY_CAP_MS, this.#options.random());
      await pause(waitMs, 'reporting', AbortSignal.any([signal, this.#wake.signal])).catch(() => undefined);
    }
  }

  async #deliver(signal: AbortSignal): Promise<boolean> {
    let isEmpty = true;
    try {
      for (const ended of await this.#pending()) {
        if (signal.aborted) return false;
        isEmpty = (await this.#send(ended, signal)) && isEmpty;
      }
    } catch (err) {
      this.#options.log.error({ err }, 'ended operations cannot be read');
      return false;
    }
    return isEmpty;
  }

  async #pending(): Promise<readonly Ended[]> {
    const open = await this.#options.operations.openOperations();
    const journalled = open.flatMap(({ ended }) => (ended === undefined || this.#heard.has(ended.operation) ? [] : [ended]));
    const isJournalled = new Set(journalled.map(({ operation }) => operation));
    return [...journalled, ...[...this.#repeated.values()].filter(({ operation }) => !isJournalled.has(operation))];
  }

  async #send(ended: Ended, signal: AbortSignal): Promise<boolean> {
    const { operations, client, facts, onAcknowledged, log } = this.#options;
    const { operation, token, isLocal, noSlotReason = '', outcome } = ended;
    try {
      const request = {
        operation,
        token: token === undefined ? null : toProtoToken(token),
        outcome: toProtoOutcome(outcome),
        message: cutText(ended.message, agentBounds.endMessage),
        outputTail: ended.outputTail,
        // an end must be told also where a disk is so ill that it can't be asked
        facts: await facts().then(toProtoFacts, (err: unknown) => {
          log.warn({ err, operation }, 'facts cannot be gathered');
          return null;
        }),
        local: isLocal,
        noSlotReason: cutText(noSlotReason, agentBounds.reason),
      };
      await client.call('uvs.agent.v1.AgentService', 'ReportEnded', request, { deadlineMs: REPORT_MS, signal });
      await operations.acknowledge(operation);
      this.#repeated.delete(operation);
      this.#heard.add(operation);
      log.info({ operation, outcome }, 'end of operation acknowledged');
      onAcknowledged(ended);
      return true;
    } catch (err) {
      if (!signal.aborted) log.warn({ err, operation }, 'end of operation not acknowledged');
      return false;
    }
  }
}
