import type { Logger } from 'pino';
import { toUvsError } from '../../../common/errors.ts';
import { restoreServices } from './migrate.ts';
import type { Migrations } from './ports.ts';
import { whatIsNext } from './record.ts';

/**
 * At the agent's start: has the services run that a migration from the console stopped, where that was killed. How far it is stays; whoever began it
 * goes on with it.
 */
export async function serveInterrupted(migrations: Migrations, log: Pick<Logger, 'warn' | 'error'>): Promise<void> {
  const none = (): void => undefined;
  try {
    const open = await migrations.memory.read();
    await restoreServices({ ...migrations, print: none, say: none, mayDisturb: async () => undefined });
    if (open === undefined || open.phase === 'unconfirmed') return;
    const { directory, phase, units } = open;
    log.warn({ directory, phase, units, next: whatIsNext(open) }, 'a migration to the SSD was interrupted; its services run');
  } catch (error) {
    const err = toUvsError(error);
    log.error({ err, hint: err.hint }, 'a migration to the SSD was interrupted, and its services do not all run');
  }
}
