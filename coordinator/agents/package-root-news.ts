import type { KnownRoot } from '../../common/upd/root-join.ts';
import { packageRootMessage } from './leader-messages.ts';
import type { Session } from './session.ts';

/** Tells an agent whose signatures on packages count, where it knows an older root file; one that takes none from a session would not understand. */
export function tellRoot(session: Session, known: KnownRoot): void {
  const { isClosed, packageRootVersion } = session;
  if (isClosed || packageRootVersion === 0 || packageRootVersion >= known.trusted.root.version) return;
  session.channel.send({ packageRoot: packageRootMessage(known) });
}

/** Nodes whose newest root file for packages is older than a version. */
export function behindRoot(sessions: Iterable<Session>, version: number): ReadonlySet<string> {
  return new Set([...sessions].filter((session) => session.packageRootVersion < version).map(({ uid }) => uid));
}
