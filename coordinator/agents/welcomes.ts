import { UvsError } from '../../common/errors.ts';
import type { Core } from '../core.ts';
import type { Member } from '../domain.ts';
import type { Clock } from '../ports.ts';
import { Recent } from './recent.ts';
import type { Session } from './session.ts';

export interface WelcomesOptions {
  readonly cluster: Pick<Core['cluster'], 'describe'>;
  /** HTTPS address of this coordinator, told first. */
  readonly ownHttpsAddress: string;
  readonly heartbeatMs: number;
  readonly clock: Clock;
}

/** How long the set of coordinators is taken for unchanged: until agents know a new one, they are lost if the old one dies. */
const FRESH_MS = 1_000;

/**
 * Tells agents where the coordinators are: when a session opens, and to all sessions again when a coordinator has come or gone, because an
 * agent that knows only the one that dies can't find the next.
 */
export class Welcomes {
  readonly #options: WelcomesOptions;
  readonly #cluster: Recent<{ readonly epoch: string; readonly members: readonly Member[] }>;
  /** What each session was told last. */
  readonly #told = new WeakMap<Session, string>();

  constructor(options: WelcomesOptions) {
    this.#options = options;
    this.#cluster = new Recent(() => options.cluster.describe(), options.clock, FRESH_MS);
  }

  /** Opens the session; one that can't be welcomed is ended, so that its agent comes again. */
  async greet(session: Session): Promise<void> {
    try {
      const { epoch, members } = await this.#cluster.get();
      this.#tell(session, epoch, members);
    } catch (error) {
      session.channel.end(
        error instanceof UvsError ? error : new UvsError('NO_LEADER', 'the cluster can not be described now', { cause: error }),
      );
    }
  }

  /** Greets again whoever was told of another set. What can't be found out now is found out by the next call. */
  async refresh(sessions: Iterable<Session>): Promise<void> {
    let found;
    try {
      found = await this.#cluster.get();
    } catch {
      return;
    }
    const key = memberKey(found.members);
    for (const session of sessions) {
      const told = this.#told.get(session);
      if (told !== undefined && told !== key && !session.isClosed) this.#tell(session, found.epoch, found.members);
    }
  }

  #tell(session: Session, epoch: string, members: readonly Member[]): void {
    const own = this.#options.ownHttpsAddress;
    session.channel.send({
      welcome: {
        heartbeatIntervalMs: this.#options.heartbeatMs,
        epoch,
        httpsAddresses: [own, ...members.map((member) => member.httpsAddress).filter((address) => address !== own)],
        coordinators: members.map((member) => member.grpcAddress),
      },
    });
    this.#told.set(session, memberKey(members));
  }
}

function memberKey(members: readonly Member[]): string {
  return members.map(({ id, grpcAddress, httpsAddress }) => `${id} ${grpcAddress} ${httpsAddress}`).join('\n');
}
