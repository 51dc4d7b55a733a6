/**
 * Loaded into a coordinator before its own code (`--import`): a line "block MS" on standard input has its event loop do nothing for so long,
 * as a long computation would. Prints one line to standard output when it goes on.
 */
import { createInterface } from 'node:readline';
import { Socket } from 'node:net';

// for this process alone, not for what it starts
delete process.env['NODE_OPTIONS'];
const nothing = new Int32Array(new SharedArrayBuffer(4));
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [word, ms] = line.split(' ');
  if (word !== 'block') return;
  const beganMs = performance.now();
  Atomics.wait(nothing, 0, 0, Number(ms));
  console.log(`blocked ${Math.round(performance.now() - beganMs)} ms`);
});
// the process ends when its own work ends
if (process.stdin instanceof Socket) process.stdin.unref();
