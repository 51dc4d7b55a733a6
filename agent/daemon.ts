import { randomUUID } from 'node:crypto';
import { readCredential } from '../common/credential.ts';
import { UvsError } from '../common/errors.ts';
import { Shutdown } from '../common/lifecycle.ts';
import type { Logger } from '../common/log.ts';
import { createNotifier, watchdogMs } from '../common/notify.ts';
import { Pulse } from '../common/pulse.ts';
import { reloads, type Reloading } from '../common/reload.ts';
import { Readiness } from '../common/readiness.ts';
import type { Calls } from '../proto/load-calls.ts';
import { mixedReleases, standingMixture } from './accepted/mixture.ts';
import { readTrustedRoot } from './commands/console-root.ts';
import type { AgentConfig } from './config.ts';
import type { Failpoints } from './failpoints.ts';
import { Facts, localAddresses } from './facts.ts';
import { HandedOver } from './handover.ts';
import { readInstalled } from './installed.ts';
import { declaredLoops } from './declared/loops.ts';
import { DirectoryProbe } from './m2/directory-probe.ts';
import { migrationsAt } from './m2/migration/migrations-at.ts';
import { keepEarlierPrivate } from './m2/migration/private-copies.ts';
import { serveInterrupted } from './m2/migration/serve-interrupted.ts';
import { m2Standing, MOUNT_POINT } from './m2/observe.ts';
import { Link } from './link/link.ts';
import { SessionContact } from './link/session-contact.ts';
import { WithdrawalList } from './link/withdrawal-list.ts';
import { noMetrics } from './no-metrics.ts';
import { readNodeIdentity } from './node-identity.ts';
import { bootClock } from './os/boot-clock.ts';
import { handoverFiles } from './os/handover-files.ts';
import { machineAt } from './os/machine.ts';
import { serviceManagerAt } from './os/service-manager.ts';
import { tasksAt } from './os/tasks-at.ts';
import { PackageRoot } from './package-root.ts';
import { Vouching } from './retained/vouching.ts';
import { waysBack } from './retained/way-back.ts';
import { Runner } from './runner.ts';
import { ServiceWatch } from './service-watch.ts';
import { stateDirectoryAt } from './state-directory.ts';
import type { StatePaths } from './state-paths.ts';
import { openStatusListener } from './status-listener.ts';
import { StatusLine } from './status-line.ts';

export interface DaemonOptions {
  readonly paths: StatePaths;
  readonly config: AgentConfig;
  readonly agentVersion: string;
  readonly definition: Calls;
  readonly failpoints: Failpoints;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly reloading: Reloading;
  /** Ends the daemon; what has begun is finished first. */
  readonly signal: AbortSignal;
}

const NOTIFY_END_MS = 2_000;
/** Long enough for an election; a boot waits for it. */
const FIRST_CONTACT_MS = 10_000;
const RUNNER_END_MS = 5_000;
const SERVICE_QUESTION_MS = 20_000;

/**
 * Runs the agent until the signal: recovers what was interrupted, keeps the session with the leader, does what it is given.
 * Resolves when everything has ended in order, which is sooner where another agent is to go on: then to that.
 * @throws UvsError CONFIG_INVALID where the node has not joined, BUSY, JOURNAL_CORRUPT, PORT_IN_USE; whatever made the journal unwritable
 */
export async function runDaemon(options: DaemonOptions): Promise<'stopped' | 'handed-over'> {
  const { paths, config, agentVersion, log, signal } = options;
  const identity = await readNodeIdentity(paths.node);
  if (identity === undefined) {
    throw new UvsError('CONFIG_INVALID', `this node has not joined a cluster: ${paths.node} is missing`, {
      hint: 'Make a token with `uvsctl join-tokens create`, then run `uvs-agent join` here.',
    });
  }
  const credential = await readCredential(paths.credential);
  const withdrawals = await WithdrawalList.open(paths.withdrawals);
  const trustedRoot = await readTrustedRoot(paths.packageRoot);
  const state = stateDirectoryAt(paths.directory);
  const packageRoot = new PackageRoot(paths.packageRoot, state, trustedRoot);
  const { services, units } = serviceManagerAt(paths.root, config.sandboxSystemctl);
  const watch = new ServiceWatch({ services, units, names: config.services, limitMs: SERVICE_QUESTION_MS, nowMs: () => performance.now() });
  const vouching = new Vouching(state, () => packageRoot.newest());
  const ssd = new DirectoryProbe(MOUNT_POINT);
  const facts = new Facts({
    root: paths.root,
    agentVersion,
    installed: () => readInstalled(state),
    waysBack: async (components) => {
      const mixed = await mixedReleases(state, await readInstalled(state));
      return await waysBack(state, components, { root: paths.root, services, units }, vouching, mixed);
    },
    mixture: async () => {
      const installed = await readInstalled(state);
      return { sentence: await standingMixture(state, installed), releases: await mixedReleases(state, installed) };
    },
    ...(paths.root === '/' ? { m2: () => m2Standing(paths.directory, ssd) } : {}),
  });

  const contact = new SessionContact();
  const handedOver = new AbortController();
  let lastContactMs = Number.NaN;
  const contactAgeSeconds = (): number => (contact.isThere() ? 0 : (performance.now() - lastContactMs) / 1000);
  const readable =
    config.metrics === undefined ? undefined : (await import('./metrics.ts')).createAgentMetrics(agentVersion, contactAgeSeconds);
  const metrics = readable ?? noMetrics;
  const gatherFacts = async () => {
    const gathered = await facts.gather();
    metrics.facts(gathered);
    return gathered;
  };

  using declared = declaredLoops({
    root: paths.root,
    state,
    metrics,
    isBusy: () => runner.isMidway,
    onReport: (kind) => link.tell(kind),
    log,
  });

  const pulse = new Pulse(watchdogMs(options.env, process.pid) ?? Number.POSITIVE_INFINITY, () => performance.now());
  const notifier = createNotifier({
    env: options.env,
    pid: process.pid,
    isHealthy: () => pulse.isTurning((loop) => log.error({ loop }, 'a loop is stuck: the watchdog is not fed')),
    onFailure: (err) => log.warn({ err }, 'systemd-notify failed'),
  });
  const status = new StatusLine(identity.hostname);
  let readiness: Readiness | undefined;
  const standingChanged = (): void => {
    if (readiness === undefined) notifier.status(status.text);
    else readiness.changed(contact.isThere());
  };

  // Ended in the reverse order: status listener, notifier, runner; the link has ended before.
  await using shutdown = new Shutdown(log);
  using link = new Link({
    credential,
    credentialPath: paths.credential,
    identity,
    definition: options.definition,
    withdrawals,
    packageRoot,
    limits: declared.limits,
    settings: declared.settings,
    foreseeLimits: declared.foreseeLimits,
    addresses: () => config.addresses ?? localAddresses(),
    facts: gatherFacts,
    failedServices: (howFresh) => watch.failed(howFresh),
    onConnected: (coordinator) => {
      if (contact.isThere()) lastContactMs = performance.now();
      contact.set(coordinator);
      metrics.connected(coordinator !== undefined);
      status.connected(coordinator);
      standingChanged();
    },
    onUnwelcome: (refusal) => {
      if (status.refused(refusal?.message ?? '')) standingChanged();
    },
    onTurn: () => pulse.turn('session'),
    onFetched: (bytes) => metrics.fetched(bytes),
    onEnded: ({ operation, outcome }) => {
      status.ended(operation);
      standingChanged();
      facts.forget();
      declared.limits.lookAgain();
      declared.settings.lookAgain();
      metrics.ended(outcome);
    },
    onHandedOver: () => handedOver.abort(),
    restartable: config.services,
    instance: randomUUID(),
    random: Math.random,
    log,
  });

  const migrations = migrationsAt(paths.root, paths.directory);
  const runner = await Runner.open(
    {
      root: paths.root,
      statePath: paths.directory,
      nodeName: identity.hostname,
      trustedRoot: () => packageRoot.newest(),
      restartable: config.services,
      bounds: { handoverMs: config.handoverSeconds * 1000 },
      retainsPrevious: config.retainPrevious,
    },
    {
      clock: bootClock,
      services,
      units,
      machine: machineAt(paths.root, config.sandboxReboot),
      handover: handoverFiles({ root: paths.root, statePath: paths.directory, env: options.env }),
      contact,
      migrations,
      tasks: tasksAt(paths.root, config.tasks),
      looksOver: () => declared.settled(),
      observer: {
        progress: (operation, phase, message, percent) => {
          link.observer.progress(operation, phase, message, percent);
          if (status.phase(operation, phase)) standingChanged();
        },
        output: (operation, phase, line) => link.observer.output(operation, phase, line),
      },
      failpoints: options.failpoints,
      facts: async () => ({ ...(await facts.gather()), roles: identity.roles }),
    },
    'the uvs-agent daemon',
  );
  shutdown.onEnd('runner', RUNNER_END_MS, () => runner[Symbol.asyncDispose]());
  try {
    // a full disk must not keep the node silent: what it holds up is reported, and tried again by the link
    const onNoSpace = (operation: string, err: UvsError): void =>
      log.error({ err, operation, hint: err.hint }, 'the disk is full, and an operation cannot be recovered now');
    for (const ended of await runner.recover({ abandon: false, onNoSpace })) {
      status.ended(ended.operation);
      log.warn({ operation: ended.operation, outcome: ended.outcome, result: ended.message }, 'interrupted operation recovered');
    }
  } catch (error) {
    if (error instanceof HandedOver) return 'handed-over';
    throw error;
  }

  if (migrations !== undefined) {
    await serveInterrupted(migrations, log);
    await keepEarlierPrivate(MOUNT_POINT, await m2Standing(paths.directory, ssd), log);
  }

  // without it no coordinator can be told what this node is, nor a release be judged
  await runner.installed();

  shutdown.onEnd('notifier', NOTIFY_END_MS, async () => {
    await notifier.flushed();
    notifier[Symbol.dispose]();
  });
  if (config.metrics !== undefined && readable !== undefined) {
    const { listen } = config.metrics;
    await openStatusListener({ listen, root: paths.root, metrics: readable, runner, contact, link, log, shutdown });
  }

  await declared.limits.start();
  await declared.settings.start();
  using ready = new Readiness(notifier, FIRST_CONTACT_MS, () => status.text);
  readiness = ready;
  using _reload = reloads(options.reloading, notifier, () => status.text, log);
  log.info({ uid: identity.uid, hostname: identity.hostname, version: agentVersion }, 'agent started');
  signal.addEventListener('abort', () => notifier.stopping(), { once: true });
  await link.run(runner, AbortSignal.any([signal, runner.broken, handedOver.signal]));
  log.info('agent stopping');
  // services may be down that only recovery starts again: fail, so as to be started anew
  runner.broken.throwIfAborted();
  return handedOver.signal.aborted ? 'handed-over' : 'stopped';
}
