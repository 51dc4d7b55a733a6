import { abortError } from '../../common/deadline.ts';
import type { CoordinatorClient } from '../../common/rpc/client.ts';
import type { ServiceName } from '../../common/rpc/services.ts';
import type { SlotToken } from '../../common/slot-token.ts';
import type { HealthVerdict, SlotAnswer, SlotKeeper } from '../ports.ts';
import { toProtoToken } from './messages.ts';

/** A yes is good for 10 s from the asking, so an answer that takes longer is of no use. */
const ANSWER_MS = 9_000;
/** The coordinator probes the node and asks its gates. */
const JUDGE_MS = 30_000;
const verdicts: Readonly<Partial<Record<string, HealthVerdict['verdict']>>> = {
  HEALTH_VERDICT_HEALTHY: 'healthy',
  HEALTH_VERDICT_UNHEALTHY: 'unhealthy',
};
const SERVICE = 'uvs.agent.v1.AgentService' satisfies ServiceName;

interface Waiter {
  readonly resolve: (token: SlotToken) => void;
}

/**
 * Asks the coordinators for the slot: grants come over the session and may come before anybody waits, after a reconnect, or several times;
 * begin and confirm are questions of their own, which go to whoever leads.
 */
export class LinkSlotKeeper implements SlotKeeper {
  readonly #client: Pick<CoordinatorClient, 'call'>;
  readonly #grants = new Map<string, SlotToken>();
  readonly #waiters = new Map<string, Set<Waiter>>();

  constructor(client: Pick<CoordinatorClient, 'call'>) {
    this.#client = client;
  }

  /** Takes a Grant message. */
  granted(operation: string, token: SlotToken): void {
    this.#grants.set(operation, token);
    for (const waiter of this.#waiters.get(operation) ?? []) waiter.resolve(token);
  }

  /** Forgets an operation that has ended. */
  forget(operation: string): void {
    this.#grants.delete(operation);
  }

  /** Resolves with the newest grant; a session that is lost meanwhile changes nothing, since the leader repeats what it granted. */
  async awaitGrant(operation: string, signal: AbortSignal): Promise<SlotToken> {
    const known = this.#grants.get(operation);
    if (known !== undefined) return known;
    const waiters = this.#waiters.get(operation) ?? new Set();
    this.#waiters.set(operation, waiters);
    let waiter: Waiter | undefined;
    let onAbort = (): void => undefined;
    try {
      return await new Promise<SlotToken>((resolve, reject) => {
        onAbort = (): void => reject(abortError(signal, `the wait for the slot of ${operation}`));
        if (signal.aborted) onAbort();
        signal.addEventListener('abort', onAbort, { once: true });
        waiter = { resolve };
        waiters.add(waiter);
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
      if (waiter !== undefined) waiters.delete(waiter);
      if (waiters.size === 0) this.#waiters.delete(operation);
    }
  }

  async begin(operation: string, token: SlotToken, signal: AbortSignal): Promise<SlotAnswer> {
    const answer = await this.#client.call(SERVICE, 'Begin', { operation, token: toProtoToken(token) }, { deadlineMs: ANSWER_MS, signal });
    // a refused token may be stale: the next wait is for a new grant
    if (!answer.granted && this.#grants.get(operation)?.createRevision === token.createRevision) this.#grants.delete(operation);
    return { isYes: answer.granted, reason: answer.reason };
  }

  async confirm(operation: string, token: SlotToken, signal: AbortSignal): Promise<SlotAnswer> {
    const answer = await this.#client.call(
      SERVICE,
      'ConfirmToken',
      { operation, token: toProtoToken(token) },
      { deadlineMs: ANSWER_MS, signal },
    );
    return { isYes: answer.valid, reason: answer.reason };
  }

  async judge(operation: string, token: SlotToken, signal: AbortSignal): Promise<HealthVerdict> {
    const request = { operation, token: toProtoToken(token) };
    const answer = await this.#client.call(SERVICE, 'JudgeHealth', request, { deadlineMs: JUDGE_MS, signal });
    return { verdict: verdicts[answer.verdict] ?? 'undecided', reason: answer.reason };
  }
}
