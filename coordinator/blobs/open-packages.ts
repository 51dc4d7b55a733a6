import { join } from 'node:path';
import type { Shutdown } from '../../common/lifecycle.ts';
import type { Logger } from '../../common/log.ts';
import type { CoordinatorConfig } from '../config.ts';
import type { Core } from '../core.ts';
import type { Clock } from '../ports.ts';
import type { Secrets } from '../secrets.ts';
import { expireRegularly } from './expiry.ts';
import { PeerClient } from './peer-client.ts';
import { Replicas } from './replicas.ts';
import { BlobStore } from './store.ts';
import { Uploads, type UploadsOptions } from './uploads.ts';

export const MAX_PACKAGE_BYTES = 64 * 1024 ** 3;
const RESERVE_BYTES = 64 * 1024 ** 2;
const MAX_INCOMING = 8;
const IDLE_UPLOAD_MS = 3_600_000;
const EXPIRY_MS = 60_000;
const REPLICA_RETRY_MS = 5_000;

interface PackagesContext {
  readonly config: Pick<CoordinatorConfig, 'dataDir' | 'id' | 'packages'>;
  readonly secrets: Pick<Secrets, 'credential' | 'packageIdentities' | 'packageRecipient'>;
  readonly ownHttpsAddress: string;
  readonly core: Core;
  readonly leadership: UploadsOptions['leadership'];
  readonly isWithdrawn: (fingerprint: string) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** Gets what has to be ended. */
  readonly shutdown: Shutdown;
}

/** Opens the packages that lie here, and begins to have copies of those that should. */
export async function openPackages(context: PackagesContext): Promise<{
  readonly store: BlobStore;
  readonly replicas: Replicas;
  readonly uploads: Uploads;
}> {
  const { config, secrets, ownHttpsAddress, core, leadership, isWithdrawn, clock, log, shutdown } = context;
  const store = await BlobStore.open({
    directory: join(config.dataDir, 'packages'),
    clock,
    reserveBytes: RESERVE_BYTES,
    maxIncoming: MAX_INCOMING,
  });
  const peers = new PeerClient(secrets.credential, isWithdrawn);
  shutdown.onEnd('connections to coordinators', 1_000, () => peers[Symbol.dispose]());
  const replicas = new Replicas({
    ownId: config.id,
    ownHttpsAddress,
    core,
    store,
    peers,
    servedBytesPerSecond: config.packages.serveBytesPerSecond,
    retryMs: REPLICA_RETRY_MS,
    clock,
    onTrouble: (what, err) => log.warn({ err, what }, 'packages are not where they should be yet'),
  });
  shutdown.onEnd('package copies', 5_000, () => replicas[Symbol.asyncDispose]());
  const expiry = expireRegularly([store, replicas], {
    everyMs: EXPIRY_MS,
    idleMs: IDLE_UPLOAD_MS,
    onTrouble: (err) => log.warn({ err }, 'what an upload has left behind can not be removed yet'),
  });
  shutdown.onEnd('idle uploads', 1_000, () => expiry[Symbol.dispose]());
  const { packageIdentities: identities, packageRecipient: recipient } = secrets;
  const encryption = identities.length === 0 ? undefined : { identities, recipient };
  const uploads = new Uploads({ store, replicas, core, leadership, encryption, maxBytes: MAX_PACKAGE_BYTES, clock });
  return { store, replicas, uploads };
}
