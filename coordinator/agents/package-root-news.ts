import type { KnownRoot } from '../../common/upd/root-join.ts';
import { packageRootMessage } from './leader-messages.ts';
import type { Session } from './session.ts';

/** Tells an agent whose signatures on packages count, where it knows an older root file; one that takes none from a session would not understand. */
export function tellRoot(session: Session, known: KnownRoot): void {
  const { isClosed, packageRootVersion } = session;
  if (isClosed || packageRootVersion === 0 || packageRootVersion >= known.trusted.root.version) return;
  session.channel.send({ packageRoot: packageRootMessage(known) });
}

/** Of some nodes those that have not told in a session that is open now that they know a version of the root file. */
export function behindRoot(uids: Iterable<string>, sessionOf: (uid: string) => Session | undefined, version: number): ReadonlySet<string> {
  return new Set([...uids].filter((uid) => (sessionOf(uid)?.packageRootVersion ?? 0) < version));
}
