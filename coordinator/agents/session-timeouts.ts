import { UvsError } from '../../common/errors.ts';
import type { Session } from './session.ts';

/** How long what is waited for, and how often that is looked at. */
export interface SessionTimes {
  /** What agents are told. */
  readonly heartbeatMs: number;
  /** A session that has been silent for so long is ended. */
  readonly silentMs: number;
  readonly helloMs: number;
  readonly probeMs: number;
  /** How often one sweep looks at all sessions. */
  readonly sweepMs: number;
}

export const sessionTimes: SessionTimes = { heartbeatMs: 5_000, silentMs: 20_000, helloMs: 10_000, probeMs: 15_000, sweepMs: 1_000 };

/** Says why a stream without a hello is to be ended; undefined: it may go on. */
export function helloTimeout(openedMs: number, nowMs: number, { helloMs }: SessionTimes): UvsError | undefined {
  if (nowMs - openedMs < helloMs) return undefined;
  return new UvsError('DEADLINE_EXCEEDED', `no hello came within ${helloMs / 1000} s`);
}

/** Says why a session is to be ended; undefined: it may go on. */
export function sessionTimeout(
  { challenge, lastHeardMs }: Pick<Session, 'challenge' | 'lastHeardMs'>,
  nowMs: number,
  { probeMs, silentMs }: SessionTimes,
): UvsError | undefined {
  if (nowMs - lastHeardMs >= silentMs) return new UvsError('DEADLINE_EXCEEDED', `no heartbeat came for ${silentMs / 1000} s`);
  if (challenge?.state !== 'asked' || nowMs - challenge.sinceMs < probeMs) return undefined;
  const what = 'another agent of this node has come, and this one did not prove that it lives';
  return new UvsError('DEADLINE_EXCEEDED', `${what} within ${probeMs / 1000} s`);
}
