import { parentPort, workerData } from 'node:worker_threads';
import { installStandIns } from './hooks.ts';
import type { Plan } from './plan.ts';
import { installVirtualTime } from './timers.ts';

/** A thread in which simulations run: its modules and its clocks are not those of its parent. */
installStandIns(workerData.planted);
installVirtualTime();
const { simulate } = await import('./simulate.ts');

async function answer(plan: Plan): Promise<void> {
  parentPort?.postMessage(await simulate(plan), []);
}

parentPort?.on('message', (plan: Plan) => void answer(plan));
