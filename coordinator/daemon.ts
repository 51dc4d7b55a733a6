import { randomUUID, X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { PackageDefinition } from '@grpc/proto-loader';
import { aborted } from '../common/aborted.ts';
import { cutList } from '../common/cut.ts';
import { toUvsError, UvsError } from '../common/errors.ts';
import { listenForStatus } from '../common/http-listener.ts';
import { Shutdown } from '../common/lifecycle.ts';
import type { Logger } from '../common/log.ts';
import { watchdogMs } from '../common/notify.ts';
import { Pulse } from '../common/pulse.ts';
import type { Reloading } from '../common/reload.ts';
import { Guard } from '../common/rpc/guard.ts';
import { Handlers } from '../common/rpc/handlers.ts';
import { RpcServer } from '../common/rpc/server.ts';
import { fingerprintOf } from '../common/tls.ts';
import { Issuing } from './access/issuing.ts';
import { JoinTokens } from './access/join-tokens.ts';
import { AgentHub } from './agents/hub.ts';
import { sessionTimes } from './agents/session-timeouts.ts';
import { NodePace } from './agents/node-pace.ts';
import { Recent } from './agents/recent.ts';
import { allowedKinds, authorise } from './api/authorisation.ts';
import { hostnameOf } from './api/declared.ts';
import { registerApi } from './api/register.ts';
import { RolloutFeeds } from './api/rollout-feeds.ts';
import { BlobServer } from './blobs/https-server.ts';
import { MAX_PACKAGE_BYTES, openPackages } from './blobs/open-packages.ts';
import { packageKeys } from './blobs/package-keys.ts';
import { packageSigning } from './blobs/package-signing.ts';
import { packageTrust } from './blobs/package-trust.ts';
import { Pacer } from './blobs/pacer.ts';
import { takeCensus } from './census.ts';
import type { CoordinatorConfig } from './config.ts';
import type { CredentialRecord } from './core.ts';
import { Coordinator } from './core/coordinator.ts';
import { coreTimings } from './core-timings.ts';
import { connectEtcd } from './etcd-connection.ts';
import { configuredGates } from './configured-gates.ts';
import { FirstRecords } from './first-records.ts';
import { layout } from './layout.ts';
import { meteredCore, meteredEtcd, meteredGate } from './metered.ts';
import { CoordinatorMetrics } from './metrics.ts';
import type { Clock } from './ports.ts';
import { hostPort, resolveListener } from './listeners.ts';
import { packageRootFile } from './package-root-file.ts';
import { recordOwnCredential } from './state/own-credentials.ts';
import { withdrawalsFile } from './withdrawals-file.ts';
import { seenFile } from './seen-file.ts';
import { readIssued, readSecrets } from './secrets.ts';
import { systemdSide } from './systemd-side.ts';

export interface DaemonOptions {
  readonly config: CoordinatorConfig;
  readonly configPath: string;
  readonly version: string;
  readonly definition: PackageDefinition;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Ends the daemon, in order. */
  readonly signal: AbortSignal;
  /** How long etcd is waited for at the start; default 15 s. */
  readonly etcdAnswerMs?: number;
  /** Without it the configuration is never read again. */
  readonly reloading?: Reloading;
  /** Told once everything listens. */
  readonly onReady?: (addresses: { readonly grpc: string; readonly https: string; readonly metrics: string }) => void;
}

const NAMES_LOGGED = 16;
const GRACE_MS = 3_000;
const ETCD_ANSWER_MS = 15_000;

/**
 * Runs a coordinator until the signal aborts. What follows has begun in this order, that of the onEnd calls here and below, and ends in the reverse:
 * embedded etcd, etcd client, gates of etcd, the deciding part, package copies, agents' sessions, watchers, metrics, HTTPS, gRPC, leadership, status.
 * So the leadership goes first, with the deciding part, while everything it needs still works, and etcd last; before all of it systemd is told.
 * @throws UvsError CONFIG_INVALID, PORT_IN_USE, ETCD_UNAVAILABLE, PROGRAM_MISSING
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { config, clock, log, signal, definition } = options;
  await using shutdown = new Shutdown(log);

  const grpc = await resolveListener(config.grpc);
  const https = await resolveListener(config.https);
  const secrets = await readSecrets(config, grpc.advertised);
  const { credential, authority, root } = secrets;
  const member = { id: config.id, grpcAddress: grpc.advertised, httpsAddress: https.advertised };

  const { client, options: etcdOptions } = await connectEtcd(config, {
    configPath: options.configPath,
    clock,
    log,
    path: options.env['PATH'] ?? '',
    shutdown,
    signal,
    answerMs: options.etcdAnswerMs ?? ETCD_ANSWER_MS,
  });
  const metrics = new CoordinatorMetrics({
    clock,
    version: options.version,
    isLeader: () => coordinator.isLeader(),
    isEtcdUp: () => coordinator.etcdTrouble === undefined,
    sessions: () => hub.sessionCount,
    clockOffsets: () => hub.declared.clockOffsets(),
    census: new Recent(() => takeCensus(coordinator.core, hub, clock.wallMs()), clock, 1_000),
  });
  const nodeName = config.node ?? hostname();
  const isEmbedded = config.etcd.kind === 'embedded';
  const gates = configuredGates(config.gates, { etcd: { ...etcdOptions, isEmbedded }, nodeName, clock, shutdown }).map((gate) =>
    meteredGate(gate, metrics, clock),
  );
  const etcd = meteredEtcd(client, (outcome, durationMs) => metrics.transaction(outcome, durationMs), clock);
  const timings = coreTimings(config);
  const pulse = new Pulse(watchdogMs(options.env, process.pid) ?? Number.POSITIVE_INFINITY, () => clock.monotonicMs());
  const coordinator = new Coordinator({
    etcd,
    clock,
    member,
    certificateFingerprint: fingerprintOf(new X509Certificate(credential.certificate).raw),
    nodeName,
    gates,
    timings,
    randomUuid: randomUUID,
    seen: seenFile(join(config.dataDir, 'etcd-seen.json')),
    withdrawals: withdrawalsFile(join(config.dataDir, 'withdrawals.json')),
    pulse,
    packageRoot: { given: root, store: packageRootFile(join(config.dataDir, 'package-root-chain.json')) },
    log: log.child({ component: 'core' }),
  });
  // Registered now as well: should the start fail half-way, the watches have to end.
  shutdown.onEnd('deciding part', 5_000, () => coordinator[Symbol.asyncDispose]());
  const core = meteredCore(coordinator.core, metrics);
  const withdrawals = core.credentials;
  const isWithdrawn = (fingerprint: string): boolean => withdrawals.withdrawals().fingerprints.has(fingerprint);

  const { store, replicas, uploads } = await openPackages({
    config,
    secrets,
    ownHttpsAddress: https.advertised,
    core,
    leadership: coordinator,
    isWithdrawn,
    clock,
    log: log.child({ component: 'packages' }),
    shutdown,
  });

  const apiLog = log.child({ component: 'api' });
  let isOpen = false;
  const onDenied = (denial: {
    readonly method: string;
    readonly peer: string;
    readonly address: string;
    readonly error: UvsError;
  }): void => {
    metrics.denied(denial.error);
    const { method, peer, address, error } = denial;
    apiLog.warn({ method, peer, address, reason: error.reason }, 'call refused');
  };
  const onInternal = (method: string, err: UvsError): void => apiLog.error({ method, err }, 'call failed');
  const pace = new NodePace(clock, (node) => apiLog.warn({ node }, 'a node calls faster than agents do; its calls wait'));
  const guard = new Guard({
    cluster: config.cluster,
    authorise: (method, peer) => {
      // Before the list of withdrawn certificates is known, nobody is let in.
      if (!isOpen) throw new UvsError('NO_LEADER', 'this coordinator is starting', { hint: 'Try again in a few seconds.' });
      authorise(method, peer);
    },
    isWithdrawn,
    holdMs: (peer) => pace.holdMs(peer),
    withdrawing: '/uvs.v1.AccessService/WithdrawCredential' satisfies keyof typeof allowedKinds,
    onDenied,
  });
  const handlers = new Handlers({ cluster: config.cluster, onInternal });
  const server = new RpcServer({ tls: credential, guard, definition });
  const agentLog = log.child({ component: 'agents' });
  const hub = new AgentHub({
    core,
    leadership: coordinator,
    ownHttpsAddress: https.advertised,
    clock,
    times: { ...sessionTimes, heartbeatMs: config.timings.heartbeatMs, silentMs: config.timings.silentAfterMs },
    onTrouble: (uid, err) => agentLog.warn({ node: uid, err }, 'trouble with a node'),
    onMended: (uid, kind, names) => {
      metrics.mended(kind, names.length);
      agentLog.warn(
        { node: uid, hostname: hostnameOf(core, `node/${uid}`), kind, names: cutList(names, NAMES_LOGGED) },
        'what somebody had changed on a node was put back',
      );
    },
  });
  shutdown.onEnd("agents' sessions", 1_000, () => hub[Symbol.dispose]());
  const feeds = new RolloutFeeds(core.rollouts);
  shutdown.onEnd('watchers', 1_000, () => feeds[Symbol.dispose]());
  const trust = packageTrust({ core, store });
  const health = registerApi(server, handlers, definition, {
    core,
    hub,
    issuing: new Issuing({ cluster: config.cluster, authority, core, clock }),
    tokens: new JoinTokens({ cluster: config.cluster, authority, packageRootSha256: root.sha256, core }),
    keys: packageKeys({ core, store, identities: secrets.packageIdentities }),
    trust,
    signing: packageSigning({ core, store, trust, identities: secrets.packageIdentities }),
    uploads: {
      url: `https://${https.advertised}`,
      maxBytes: MAX_PACKAGE_BYTES,
      holds: (digest) => uploads.holds(digest),
      prepare: (digest, sizeBytes, actor) => uploads.prepare(digest, sizeBytes, actor),
    },
    feeds,
    identity: { name: config.cluster, packageRecipient: secrets.packageRecipient },
    packageRoot: root.bytes,
    clock,
  });
  const blobs = new BlobServer({
    tls: credential,
    cluster: config.cluster,
    clock,
    isWithdrawn,
    isEnrolled: (uid) => core.nodes.isEnrolled(uid),
    isOpen: () => isOpen,
    store,
    uploads,
    replicas,
    pacer: config.packages.serveBytesPerSecond === undefined ? undefined : new Pacer(config.packages.serveBytesPerSecond, clock),
    onBytes: (direction, count) => metrics.packageBytes(direction, count),
    onDenied,
    onInternal,
  });
  const status = await listenForStatus(hostPort(config.metrics), {
    metrics: async () => ({ text: await metrics.registry.metrics(), contentType: metrics.registry.contentType }),
    health: () => ({ isHealthy: isOpen, details: { leader: coordinator.isLeader(), etcd: coordinator.etcdTrouble?.message ?? 'ok' } }),
  });
  shutdown.onEnd('metrics', 1_000, async () => await status[Symbol.asyncDispose]());
  await blobs.listen(https.listen.host, https.listen.port);
  shutdown.onEnd('HTTPS', GRACE_MS + 1_000, () => blobs.stop(GRACE_MS));
  await server.listen(hostPort(grpc.listen));
  shutdown.onEnd('gRPC', GRACE_MS + 1_000, () => server.stop(GRACE_MS));
  using _closing = withdrawals.onWithdrawal(() => {
    guard.closeWithdrawn();
    blobs.closeWithdrawn();
  });

  await coordinator.start(hub, signal);
  // The second time it ends it does nothing; it is here so that it ends before what has begun above.
  shutdown.onEnd('leadership', 5_000, () => coordinator[Symbol.asyncDispose]());
  const issued = await readIssued(join(dirname(options.configPath), layout.issued));
  const record = (one: CredentialRecord): Promise<void> => recordOwnCredential(etcd, one, clock, randomUUID);
  using _records = new FirstRecords(issued, record, (err) => log.warn({ err }, 'the first credentials are not recorded yet'));
  isOpen = true;
  health.setStatus('', 'SERVING');
  using systemd = systemdSide({ coordinator, pulse, env: options.env, reloading: options.reloading, log, shutdown });
  const addresses = { grpc: grpc.advertised, https: https.advertised, metrics: hostPort({ host: config.metrics.host, port: status.port }) };
  log.info({ ...addresses, id: config.id, cluster: config.cluster }, 'ready');
  systemd.standingChanged();
  options.onReady?.(addresses);

  await aborted(signal);
  systemd.notifier.stopping();
  health.setStatus('', 'NOT_SERVING');
  isOpen = false;
  await systemd.notifier.flushed();
  log.info({ reason: toUvsError(signal.reason).message }, 'stopping');
}
