import type { LastHeard } from '../ports.ts';
import { newNonce } from './nonce.ts';
import type { Session } from './session.ts';

/** The open sessions by node. More than one of a node only while it is unclear which is the node, or when it is clear that both claim to be. */
export class SessionTable {
  /** Newest first. */
  readonly #sessions = new Map<string, readonly Session[]>();
  readonly #lastHeard = new Map<string, LastHeard>();

  /** Nodes with a session. */
  get size(): number {
    return this.#sessions.size;
  }

  current(uid: string): Session | undefined {
    return this.#sessions.get(uid)?.[0];
  }

  /** By the monotonic clock; undefined where nothing was ever heard here. */
  lastHeardMs(uid: string): number | undefined {
    return this.lastHeard(uid)?.atMs;
  }

  lastHeard(uid: string): LastHeard | undefined {
    const current = this.current(uid);
    return current === undefined ? this.#lastHeard.get(uid) : heardOf(current);
  }

  /** A copy, because ending a session changes the table. */
  all(): readonly Session[] {
    return [...this.#sessions.values()].flat();
  }

  /** Makes a session the node's current one and decides what becomes of its others. */
  add(session: Session): void {
    const older = this.#settleOlder(session);
    session.quarantineReason = older.find((other) => other.quarantineReason !== undefined)?.quarantineReason;
    this.#sessions.set(session.uid, [session, ...older]);
  }

  /** @param nowMs by the monotonic clock */
  remove(session: Session, nowMs: number): void {
    session.closed();
    const left = (this.#sessions.get(session.uid) ?? []).filter((other) => other !== session);
    if (left.length > 0) this.#sessions.set(session.uid, left);
    else this.#sessions.delete(session.uid);
    this.#lastHeard.set(session.uid, { ...heardOf(session), endedMs: nowMs });
  }

  /** A session that should have been dead has proven that it lives: the node is there more than once. @returns why it is not to be used */
  quarantine(proven: Session): string {
    proven.challenge = undefined;
    const all = this.#sessions.get(proven.uid) ?? [];
    const reason = `${all.length} agents with this UID are connected; one of them is a copy of the other`;
    for (const session of all) session.quarantineReason = reason;
    return reason;
  }

  /** Returns the older sessions that stay for now. */
  #settleOlder(newest: Session): readonly Session[] {
    const staying: Session[] = [];
    for (const older of this.#sessions.get(newest.uid) ?? []) {
      // The same agent came back before its old connection was found dead.
      if (older.instance === newest.instance) {
        older.closed();
        older.channel.end();
        continue;
      }
      // A restarted agent leaves a dead connection behind, a cloned node a living one: whoever answers from there is the second.
      staying.push(older);
      older.challenge = newNonce();
      older.channel.send({ healthProbe: { nonce: older.challenge } });
    }
    return staying;
  }
}

function heardOf({ lastHeardMs, doing }: Session): LastHeard {
  return { atMs: lastHeardMs, doing, endedMs: undefined };
}
