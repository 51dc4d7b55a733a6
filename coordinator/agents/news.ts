import { UvsError } from '../../common/errors.ts';
import type { Core } from '../core.ts';
import { withdrawalsMessage } from './leader-messages.ts';
import type { Leadership } from './leadership.ts';
import { tellLimits } from './limits-news.ts';
import { tellRoot } from './package-root-news.ts';
import type { SessionTable } from './session-table.ts';
import type { Session } from './session.ts';
import { tellSettings } from './settings-news.ts';

export interface NewsOptions {
  readonly core: Pick<Core, 'credentials' | 'packageRoot'> & {
    readonly limits: Pick<Core['limits'], 'of' | 'onChange'>;
    readonly settings: Pick<Core['settings'], 'of' | 'onChange'>;
  };
  readonly leadership: Leadership;
  readonly sessions: SessionTable;
}

/** Tells agents what changes for them while they are connected: withdrawn certificates, the root file of packages, limits and settings. */
export class News implements Disposable {
  readonly #options: NewsOptions;
  readonly #stack = new DisposableStack();

  constructor(options: NewsOptions) {
    this.#options = options;
    const { credentials, packageRoot, limits, settings } = options.core;
    this.#stack.use(credentials.onWithdrawal(() => this.#onWithdrawal()));
    this.#stack.use(packageRoot.onChange(() => this.#onPackageRoot()));
    for (const kind of [limits, settings]) this.#stack.use(kind.onChange((uid) => this.#onDeclared(uid)));
  }

  /** Tells an agent that has just connected what it does not know yet. @param knownWithdrawals counter of the list that it has, as its hello says */
  tellAll(session: Session, knownWithdrawals: number): void {
    const { credentials, packageRoot } = this.#options.core;
    const withdrawals = credentials.withdrawals();
    // also one that knows a higher counter: it was told by a coordinator whose list is lost, and may lack what was withdrawn since
    if (withdrawals.counter !== knownWithdrawals && !session.isClosed)
      session.channel.send({ withdrawals: withdrawalsMessage(withdrawals) });
    tellRoot(session, packageRoot.current());
    this.#onDeclared(session.uid);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  #onWithdrawal(): void {
    const withdrawals = this.#options.core.credentials.withdrawals();
    const message = { withdrawals: withdrawalsMessage(withdrawals) };
    for (const session of this.#options.sessions.all()) {
      if (!withdrawals.fingerprints.has(session.channel.peer.fingerprint)) session.channel.send(message);
      else session.channel.end(new UvsError('CERTIFICATE_WITHDRAWN', `the certificate of ${session.channel.peer.name} was withdrawn`));
    }
  }

  #onPackageRoot(): void {
    const { core, sessions } = this.#options;
    for (const session of sessions.all()) tellRoot(session, core.packageRoot.current());
  }

  /** @param uid undefined: anybody's may have changed */
  #onDeclared(uid: string | undefined): void {
    const { core, leadership, sessions } = this.#options;
    if (!leadership.isLeader()) return;
    const current = uid === undefined ? undefined : sessions.current(uid);
    const concerned = uid === undefined ? sessions.all() : current === undefined ? [] : [current];
    for (const session of concerned) {
      tellLimits(session, core.limits);
      tellSettings(session, core.settings);
    }
  }
}
