import { dirname, join } from 'node:path';
import { abortError, pause } from '../common/deadline.ts';
import { toUvsError, UvsError } from '../common/errors.ts';
import type { Shutdown } from '../common/lifecycle.ts';
import type { Logger } from '../common/log.ts';
import type { CoordinatorConfig } from './config.ts';
import { EtcdClient, type EtcdClientOptions } from './etcd/client.ts';
import { startEmbeddedEtcd } from './etcd/embedded.ts';
import { embeddedEtcdFiles, embeddedEtcdName } from './layout.ts';
import type { Clock } from './ports.ts';
import { readSecret, readText } from './secrets.ts';
import { keys } from './state/keys.ts';

export interface EtcdContext {
  readonly configPath: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Where programs are looked for. */
  readonly path: string;
  readonly shutdown: Shutdown;
  readonly signal: AbortSignal;
  /** How long an etcd that does not answer is waited for. */
  readonly answerMs: number;
}

const START_MS = 30_000;
const RETRY_MS = 500;

/** Starts the embedded etcd where the configuration says so, and connects. @throws UvsError ETCD_UNAVAILABLE naming the endpoints */
export async function connectEtcd(
  config: CoordinatorConfig,
  context: EtcdContext,
): Promise<{ readonly client: EtcdClient; readonly options: EtcdClientOptions }> {
  const options = await clientOptions(config, context);
  const client = new EtcdClient(options);
  context.shutdown.onEnd('etcd client', 1_000, () => client[Symbol.dispose]());
  await awaitAnswer(client, options.endpoints, context);
  return { client, options };
}

async function clientOptions(config: CoordinatorConfig, context: EtcdContext): Promise<EtcdClientOptions> {
  const { etcd } = config;
  const monotonicMs = (): number => context.clock.monotonicMs();
  if (etcd.kind === 'external') {
    const tls = {
      authority: await readText(etcd.authority),
      certificate: await readText(etcd.certificate),
      key: await readSecret(etcd.key),
    };
    return { endpoints: etcd.endpoints, tls, monotonicMs };
  }
  const files = embeddedEtcdFiles(dirname(context.configPath));
  const server = await startEmbeddedEtcd(
    {
      dataDir: join(config.dataDir, 'etcd'),
      clientPort: etcd.clientPort,
      peerPort: etcd.peerPort,
      tls: { authority: files.authority, certificate: files.serverCertificate, key: files.serverKey },
      serverName: embeddedEtcdName,
      startDeadlineMs: START_MS,
    },
    { log: context.log.child({ component: 'etcd' }), path: context.path },
  );
  context.shutdown.onEnd('embedded etcd', 10_000, async () => await server[Symbol.asyncDispose]());
  const tls = {
    authority: await readText(files.authority),
    certificate: await readText(files.clientCertificate),
    key: await readSecret(files.clientKey),
  };
  return { endpoints: [`https://${embeddedEtcdName}:${new URL(server.endpoint).port}`], tls, monotonicMs };
}

async function awaitAnswer(client: EtcdClient, endpoints: readonly string[], { clock, log, signal, answerMs }: EtcdContext): Promise<void> {
  const untilMs = clock.monotonicMs() + answerMs;
  for (;;) {
    try {
      await client.get(keys.epoch);
      return;
    } catch (thrown) {
      if (signal.aborted) throw abortError(signal, 'connecting to etcd');
      const err = toUvsError(thrown);
      if (clock.monotonicMs() > untilMs) {
        throw new UvsError('ETCD_UNAVAILABLE', `etcd does not answer at ${endpoints.join(', ')}: ${err.message}`, {
          cause: thrown,
          hint: 'See whether etcd runs, and whether the certificates in the configuration are of its authority.',
          details: { endpoints: endpoints.join(',') },
        });
      }
      log.warn({ err, endpoints }, 'etcd does not answer yet');
      await pause(RETRY_MS, 'connecting to etcd', signal);
    }
  }
}
