import { parseArgs } from 'node:util';
import { describeReport, LONG_GROWTH_MIB } from './order.ts';
import { runFuzzer } from './spawn.ts';

/** `make fuzz`: reads changed packages for some minutes. */
const { values } = parseArgs({
  options: { seed: { type: 'string' }, minutes: { type: 'string', default: '5' }, save: { type: 'string' } },
});
const { save } = values;
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 32));
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`MINUTES is a number above 0, not ${values.minutes}`);
console.log(`SEED=${seed} MINUTES=${minutes}`);
const wish = { seed, seconds: minutes * 60, executions: Number.MAX_SAFE_INTEGER, growthMiB: LONG_GROWTH_MIB };
const report = await runFuzzer(save === undefined ? wish : { ...wish, save });
for (const line of describeReport(report)) console.log(line);
for (const kind of report.kinds.toSorted()) console.log(`  ${kind}`);
