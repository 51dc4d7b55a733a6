import type { Hearing, Report } from '../declared/hearing.ts';
import type { Session } from './session.ts';

/** What an agent is to be told of what is declared, which it then counts as told; undefined: it takes no such thing, or was told in this session. */
export function newsFor<N extends { readonly hash: string }>(
  session: Pick<Session, 'isClosed'>,
  hearing: Hearing<Report>,
  current: () => N | undefined,
): N | undefined {
  if (session.isClosed || !hearing.isTaken) return undefined;
  const its = current();
  if (its === undefined || its.hash === hearing.hash) return undefined;
  hearing.hash = its.hash;
  return its;
}
