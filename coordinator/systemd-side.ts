import type { Shutdown } from '../common/lifecycle.ts';
import type { Logger } from '../common/log.ts';
import { createNotifier, type Notifier } from '../common/notify.ts';
import type { Pulse } from '../common/pulse.ts';
import { Readiness } from '../common/readiness.ts';
import { reloads, type Reloading } from '../common/reload.ts';
import type { Coordinator } from './core/coordinator.ts';
import { describeStanding, isInContact, type Standing } from './standing.ts';

/** Long enough for an election. */
const FIRST_CONTACT_MS = 20_000;
const STATUS_MS = 5_000;

interface SystemdContext {
  readonly coordinator: Coordinator;
  readonly pulse: Pulse;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly reloading: Reloading | undefined;
  readonly log: Logger;
  /** Gets what has to be ended. */
  readonly shutdown: Shutdown;
}

/** What a coordinator is to systemd: it feeds the watchdog, says how it stands, and reads its configuration again. */
export interface SystemdSide extends Disposable {
  readonly notifier: Notifier;
  /** Tells that something has changed of how it stands. */
  readonly standingChanged: () => void;
}

export function systemdSide({ coordinator, pulse, env, reloading, log, shutdown }: SystemdContext): SystemdSide {
  using begun = new DisposableStack();
  const notifier = begun.use(
    createNotifier({
      env,
      pid: process.pid,
      isHealthy: () => pulse.isTurning((loop) => log.error({ loop }, 'a loop is stuck: the watchdog is not fed')),
      onFailure: (error) => log.warn({ err: error }, 'systemd-notify failed'),
    }),
  );
  const standing = (): Standing => ({
    inHand: coordinator.inHand,
    leader: coordinator.leaderAddress(),
    etcdTrouble: coordinator.etcdTrouble?.message,
  });
  const standingLine = (): string => describeStanding(standing());
  const readiness = begun.use(new Readiness(notifier, FIRST_CONTACT_MS, standingLine));
  const standingChanged = (): void => readiness.changed(isInContact(standing()));
  begun.use(coordinator.onChange(standingChanged));
  // what it has in hand changes all the time, and each word to systemd is a process
  const statusTimer = setInterval(standingChanged, STATUS_MS);
  shutdown.onEnd('status', 1_000, () => clearInterval(statusTimer));
  if (reloading !== undefined) begun.use(reloads(reloading, notifier, standingLine, log));
  const ending = begun.move();
  return { notifier, standingChanged, [Symbol.dispose]: () => ending.dispose() };
}
