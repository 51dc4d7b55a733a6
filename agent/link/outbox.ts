import { pause } from '../../common/deadline.ts';
import type { NodeFacts } from '../../common/facts.ts';
import type { Logger } from '../../common/log.ts';
import type { CoordinatorClient } from '../../common/rpc/client.ts';
import type { Ended } from '../ports.ts';
import { backoffMs } from './backoff.ts';
import { toProtoFacts, toProtoOutcome, toProtoToken } from './messages.ts';

/** What has ended and was not acknowledged, as the journal keeps it over restarts. */
export interface EndedOperations {
  ended(): Promise<readonly Ended[]>;
  /** The coordinator has taken note, durably. */
  acknowledge(operation: string): Promise<void>;
}

export interface OutboxOptions {
  readonly operations: EndedOperations;
  readonly client: Pick<CoordinatorClient, 'call'>;
  readonly facts: () => Promise<NodeFacts>;
  readonly onAcknowledged: (ended: Ended) => void;
  readonly random: () => number;
  readonly log: Logger;
}

const REPORT_MS = 10_000;
const RETRY_CAP_MS = 30_000;
const MAX_MESSAGE_CHARACTERS = 4096;

/** Repeats ReportEnded until the coordinator acknowledges; a slot stays taken until then. */
export class Outbox {
  readonly #options: OutboxOptions;
  #wake = new AbortController();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** There is something to report, or somebody to report to: try at once. */
  poke(): void {
    this.#wake.abort();
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
    const { operations, log } = this.#options;
    let isEmpty = true;
    try {
      for (const ended of await operations.ended()) {
        if (signal.aborted) return false;
        isEmpty = (await this.#report(ended, signal)) && isEmpty;
      }
    } catch (err) {
      log.error({ err }, 'ended operations cannot be read');
      return false;
    }
    return isEmpty;
  }

  async #report(ended: Ended, signal: AbortSignal): Promise<boolean> {
    const { operations, client, facts, onAcknowledged, log } = this.#options;
    const { operation, token, outcome } = ended;
    try {
      const request = {
        operation,
        token: token === undefined ? null : toProtoToken(token),
        outcome: toProtoOutcome(outcome),
        message: ended.message.slice(0, MAX_MESSAGE_CHARACTERS),
        outputTail: ended.outputTail,
        facts: toProtoFacts(await facts()),
      };
      await client.call('uvs.agent.v1.AgentService', 'ReportEnded', request, { deadlineMs: REPORT_MS, signal });
      await operations.acknowledge(operation);
      log.info({ operation, outcome }, 'end of operation acknowledged');
      onAcknowledged(ended);
      return true;
    } catch (err) {
      if (!signal.aborted) log.warn({ err, operation }, 'end of operation not acknowledged');
      return false;
    }
  }
}
