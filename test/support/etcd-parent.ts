import pino from 'pino';
import { startEmbeddedEtcd } from '../../coordinator/etcd/embedded.ts';
import { COORDINATOR_NAME } from '../../common/tls.ts';

/** A process that starts an embedded etcd, prints its process id, and waits to be killed. Arguments: data folder, CA, certificate, key. */
const [dataDir = '', authority = '', certificate = '', key = ''] = process.argv.slice(2);
const etcd = await startEmbeddedEtcd(
  { dataDir, clientPort: 0, peerPort: 0, tls: { authority, certificate, key }, serverName: COORDINATOR_NAME, startDeadlineMs: 20_000 },
  { log: pino({ level: 'silent' }), path: process.env['PATH'] ?? '' },
);
process.stdout.write(`${etcd.pid() ?? ''}\n`);
setInterval(() => undefined, 60_000);
