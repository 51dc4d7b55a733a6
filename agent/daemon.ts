import { randomUUID } from 'node:crypto';
import type { PackageDefinition } from '@grpc/proto-loader';
import { readCredential } from '../common/credential.ts';
import { UvsError } from '../common/errors.ts';
import { listenForStatus } from '../common/http-listener.ts';
import { Shutdown } from '../common/lifecycle.ts';
import type { Logger } from '../common/log.ts';
import { createNotifier } from '../common/notify.ts';
import { readTrustedRoot } from './commands/console.ts';
import type { AgentConfig } from './config.ts';
import { failedServices } from './failed-services.ts';
import type { Failpoints } from './failpoints.ts';
import { Facts, localAddresses } from './facts.ts';
import { readInstalled } from './installed.ts';
import { Link } from './link/link.ts';
import { WithdrawalList } from './link/withdrawal-list.ts';
import { createAgentMetrics } from './metrics.ts';
import { readNodeIdentity } from './node-identity.ts';
import { bootClock } from './os/boot-clock.ts';
import { processTasks } from './os/process-tasks.ts';
import { machineAt } from './os/machine.ts';
import { serviceManagerAt } from './os/service-manager.ts';
import { Runner } from './runner.ts';
import { stateDirectoryAt } from './state-directory.ts';
import type { StatePaths } from './state-paths.ts';

export interface DaemonOptions {
  readonly paths: StatePaths;
  readonly config: AgentConfig;
  readonly agentVersion: string;
  readonly definition: PackageDefinition;
  readonly failpoints: Failpoints;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Ends the daemon; what has begun is finished first. */
  readonly signal: AbortSignal;
}

const LISTENER_END_MS = 2_000;
const NOTIFY_END_MS = 2_000;
const RUNNER_END_MS = 5_000;
const SERVICE_QUESTION_MS = 20_000;

/**
 * Runs the agent until the signal: recovers what was interrupted, keeps the session with the leader, does what it is given.
 * Resolves when everything has ended in order.
 * @throws UvsError CONFIG_INVALID where the node has not joined, BUSY, JOURNAL_CORRUPT, PORT_IN_USE; whatever made the journal unwritable
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
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
  const facts = new Facts({ root: paths.root, agentVersion, installed: () => readInstalled(state) });
  const { services, units } = serviceManagerAt(paths.root, config.sandboxSystemctl);

  let connectedTo: string | undefined;
  let lastContactMs = Number.NaN;
  const contactAgeSeconds = (): number => (connectedTo === undefined ? (performance.now() - lastContactMs) / 1000 : 0);
  const metrics = createAgentMetrics(agentVersion, contactAgeSeconds);
  const gatherFacts = async () => {
    const gathered = await facts.gather();
    metrics.facts(gathered);
    return gathered;
  };

  // Ended in the reverse order: status listener, notifier, runner; the link has ended before.
  await using shutdown = new Shutdown(log);
  using link = new Link({
    credential,
    credentialPath: paths.credential,
    identity,
    definition: options.definition,
    withdrawals,
    addresses: () => config.addresses ?? localAddresses(),
    facts: gatherFacts,
    failedServices: () => failedServices(services, config.services, AbortSignal.timeout(SERVICE_QUESTION_MS)),
    onConnected: (coordinator) => {
      if (connectedTo !== undefined) lastContactMs = performance.now();
      connectedTo = coordinator;
      metrics.connected(coordinator !== undefined);
      notifier.status(statusLine(identity.hostname, coordinator));
    },
    onFetched: (bytes) => metrics.fetched(bytes),
    onEnded: ({ outcome }) => {
      facts.forget();
      metrics.ended(outcome);
    },
    instance: randomUUID(),
    random: Math.random,
    log,
  });

  const runner = await Runner.open(
    { root: paths.root, statePath: paths.directory, nodeName: identity.hostname, trustedRoot, restartable: config.services },
    {
      clock: bootClock,
      services,
      units,
      machine: machineAt(paths.root, config.sandboxReboot),
      tasks: processTasks(),
      observer: link.observer,
      failpoints: options.failpoints,
      facts: async () => ({ ...(await facts.gather()), roles: identity.roles }),
    },
    'the uvs-agent daemon',
  );
  shutdown.onEnd('runner', RUNNER_END_MS, () => runner[Symbol.asyncDispose]());
  for (const ended of await runner.recover({ abandon: false })) {
    log.warn({ operation: ended.operation, outcome: ended.outcome, result: ended.message }, 'interrupted operation recovered');
  }

  // without it no coordinator can be told what this node is, nor a release be judged
  await runner.installed();

  const notifier = createNotifier({
    env: options.env,
    pid: process.pid,
    isHealthy: () => true,
    onFailure: (err) => log.warn({ err }, 'systemd-notify failed'),
  });
  shutdown.onEnd('notifier', NOTIFY_END_MS, async () => {
    await notifier.flushed();
    notifier[Symbol.dispose]();
  });
  if (config.metrics !== undefined) {
    const listener = await listenForStatus(config.metrics.listen, {
      metrics: async () => {
        metrics.openOperations((await runner.openOperations()).length);
        return { text: await metrics.registry.metrics(), contentType: metrics.registry.contentType };
      },
      health: () => ({ isHealthy: true, details: { connectedTo: connectedTo ?? null, operation: link.currentOperation ?? null } }),
    });
    shutdown.onEnd('status listener', LISTENER_END_MS, async () => await listener[Symbol.asyncDispose]());
    log.info({ port: listener.port }, 'status listener open');
  }

  notifier.ready(statusLine(identity.hostname, undefined));
  log.info({ uid: identity.uid, hostname: identity.hostname, version: agentVersion }, 'agent started');
  signal.addEventListener('abort', () => notifier.stopping(), { once: true });
  await link.run(runner, AbortSignal.any([signal, runner.broken]));
  log.info('agent stopping');
  // services may be down that only recovery starts again: fail, so as to be started anew
  runner.broken.throwIfAborted();
}

function statusLine(hostname: string, coordinator: string | undefined): string {
  return coordinator === undefined ? `${hostname}: looking for the leading coordinator` : `${hostname}: connected to ${coordinator}`;
}
