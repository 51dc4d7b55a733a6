import type { Shutdown } from '../common/lifecycle.ts';
import type { Logger } from '../common/log.ts';
import type { AgentConfig } from './config.ts';
import type { Link } from './link/link.ts';
import type { SessionContact } from './link/session-contact.ts';
import { diskFigures } from './m2/disk-figures.ts';
import type { AgentMetrics } from './metrics.ts';
import { runProgram } from './os/run-program.ts';
import type { Runner } from './runner.ts';

const LISTENER_END_MS = 2_000;

interface StatusContext {
  readonly listen: NonNullable<AgentConfig['metrics']>['listen'];
  /** The managed root: a sandbox has no disks of its own. */
  readonly root: string;
  readonly metrics: AgentMetrics;
  readonly runner: Pick<Runner, 'openOperations'>;
  readonly contact: Pick<SessionContact, 'coordinator'>;
  readonly link: Pick<Link, 'currentOperation'>;
  readonly log: Logger;
  /** Gets what has to be ended. */
  readonly shutdown: Shutdown;
}

/** Has the agent's metrics and its health asked for over HTTP. @throws UvsError PORT_IN_USE */
export async function openStatusListener({ listen, root, metrics, runner, contact, link, log, shutdown }: StatusContext): Promise<void> {
  const figures = diskFigures({ root: '/', run: runProgram, nowMs: () => performance.now() });
  const { listenForStatus } = await import('../common/http-listener.ts');
  const listener = await listenForStatus(listen, {
    metrics: async () => {
      if (root === '/') metrics.disks(await figures());
      metrics.openOperations((await runner.openOperations()).length);
      return { text: await metrics.registry.metrics(), contentType: metrics.registry.contentType };
    },
    health: () => ({ isHealthy: true, details: { connectedTo: contact.coordinator ?? null, operation: link.currentOperation ?? null } }),
  });
  shutdown.onEnd('status listener', LISTENER_END_MS, async () => await listener[Symbol.asyncDispose]());
  log.info({ port: listener.port }, 'status listener open');
}
