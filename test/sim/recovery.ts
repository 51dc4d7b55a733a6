import type { Machine } from './machine.ts';
import { Process, type Timeline } from './timeline.ts';
import { openRunner } from './open-runner.ts';

/** `uvs-agent recover --accept OPERATION` on the console of a machine whose agent has been stopped. */
export async function recoverByHand(machine: Machine, timeline: Timeline, operation: string, done: () => void): Promise<void> {
  const process = new Process(`${machine.hostname}'s console`, timeline);
  await process.run(async () => {
    await using runner = await openRunner(machine);
    await runner.settle(operation, { reason: 'it is in order', isMixed: false });
    await runner.recover({ abandon: true });
  });
  timeline.after(0, undefined, done);
}
