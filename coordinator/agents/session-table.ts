import { UvsError } from '../../common/errors.ts';
import { unfinishedWork } from '../node-status.ts';
import type { LastHeard } from '../ports.ts';
import { newNonce } from './nonce.ts';
import type { Session } from './session.ts';

/**
 * Sessions that one node may have open. Those of agents that have gone end by themselves, as they do not answer their challenge, so that a
 * node finds a place again after seconds, however often it was cut off.
 */
const MAX_SESSIONS = 4;

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

  /** Whether no other session of its node is open. */
  isAlone({ uid }: Session): boolean {
    return this.#sessions.get(uid)?.length === 1;
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

  /** Makes a session the node's current one and decides what becomes of its others. @throws UvsError TOO_MANY */
  add(session: Session, nowMs: number): void {
    const older = this.#settleOlder(session);
    session.quarantineReason = older.find((other) => other.quarantineReason !== undefined)?.quarantineReason;
    this.#sessions.set(session.uid, [session, ...older]);
    for (const each of older) challenge(each, nowMs);
  }

  /**
   * Has the newest of several prove as well that it lives, once it can answer: a coordinator that hung takes up the hello of an agent that has
   * died meanwhile, perhaps after that of the living one.
   */
  welcomed(session: Session, nowMs: number): void {
    const open = this.#sessions.get(session.uid) ?? [];
    if (session.challenge === undefined && open.length > 1 && open.includes(session)) challenge(session, nowMs);
  }

  /** @param nowMs by the monotonic clock */
  remove(session: Session, nowMs: number): void {
    session.closed();
    const left = (this.#sessions.get(session.uid) ?? []).filter((other) => other !== session);
    if (left.length > 0) this.#sessions.set(session.uid, left);
    else this.#sessions.delete(session.uid);
    this.#lastHeard.set(session.uid, { ...heardOf(session), endedMs: nowMs });
  }

  /**
   * A session among several of its node has proven that it lives; where another has as well, the node is there more than once.
   * @returns why none of them is to be used; undefined: as far as is known it is the only one
   */
  proven(session: Session): string | undefined {
    session.challenge = { state: 'met' };
    const all = this.#sessions.get(session.uid) ?? [];
    const living = all.filter((each) => each.challenge?.state === 'met').length;
    if (living < 2) return undefined;
    const reason = `${living} agents with this UID were connected at once, and one is a copy of the other: switch the copy off, then restart uvs-agent on the right machine`;
    for (const session of all) session.quarantineReason = reason;
    return reason;
  }

  /** Returns the older sessions that stay for now. */
  #settleOlder(newest: Session): readonly Session[] {
    const open = this.#sessions.get(newest.uid) ?? [];
    const staying = open.filter((older) => older.instance !== newest.instance);
    if (staying.length >= MAX_SESSIONS) {
      throw new UvsError('TOO_MANY', `node ${newest.uid} has ${staying.length} sessions open already`, {
        hint: 'Those that do not prove within seconds that their agents live are ended; then there is room.',
        details: { node: newest.uid },
      });
    }
    for (const older of open) {
      if (older.instance === newest.instance) {
        // The same agent came back before its old connection was found dead.
        older.closed();
        older.channel.end();
      }
    }
    return staying;
  }
}

/** A restarted agent leaves a dead connection behind, a cloned node a living one: where two answer, there are two. What was proven before says nothing of now. */
function challenge(session: Session, nowMs: number): void {
  if (session.challenge?.state === 'asked' || session.quarantineReason !== undefined) return;
  const nonce = newNonce();
  session.challenge = { state: 'asked', nonce, sinceMs: nowMs };
  session.channel.send({ healthProbe: { nonce } });
}

function heardOf(session: Session): LastHeard {
  return { atMs: session.lastHeardMs, doing: session.doing, endedMs: undefined, unfinished: unfinishedWork(session) };
}
