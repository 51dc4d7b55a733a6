import { UvsError } from '../../common/errors.ts';
import type { HealthAnswer } from '../ports.ts';
import { newNonce } from './nonce.ts';
import type { SessionTable } from './session-table.ts';
import { connectedTwice, type Session } from './session.ts';

/**
 * Asks an agent how its node is; evidence of one that may be a copy, or the node's former agent, is none.
 * @throws UvsError UNREACHABLE where its node has another session by the end, DEADLINE_EXCEEDED
 */
export async function probeAlone(
  session: Session,
  sessions: Pick<SessionTable, 'isAlone'>,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<HealthAnswer> {
  const demandAlone = (): void => {
    if (!sessions.isAlone(session)) throw connectedTwice(session.uid);
  };
  demandAlone();
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(new UvsError('DEADLINE_EXCEEDED', `node ${session.uid} did not answer a health probe within ${deadlineMs / 1000} s`));
  }, deadlineMs);
  try {
    const answer = await session.probe(newNonce(), AbortSignal.any([signal, limit.signal]));
    // another may have come meanwhile
    demandAlone();
    return answer;
  } finally {
    clearTimeout(timer);
  }
}
