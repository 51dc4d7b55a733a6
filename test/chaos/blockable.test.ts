import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { blocksIn } from './blockable-log.ts';

const BLOCK_MS = 400;
const blockable = new URL('blockable.ts', import.meta.url).href;
/** Says when it is ready, and in the end how late its event loop was at most; ends when it has been late. */
const program = `
let last = performance.now();
const timer = setInterval(() => {
  const late = performance.now() - last;
  last = performance.now();
  if (late < ${BLOCK_MS}) return;
  console.log('late', Math.floor(late), process.env.NODE_OPTIONS ?? 'for itself');
  clearInterval(timer);
}, 5);
console.log('ready');
`;

void t.test('a line blocks the event loop of a process for so long, which ends by itself all the same', async (t) => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: { ...process.env, NODE_OPTIONS: `--import=${blockable}` },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 20_000,
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said === 'ready\n') child.stdin.write(`block ${BLOCK_MS}\n`);
  });
  const [code] = await once(child, 'close');
  t.equal(code, 0);
  const [ms = 0, ...more] = blocksIn([said, 'no blocked 5 ms\n']);
  t.ok(ms >= BLOCK_MS, `blocked for ${ms} ms`);
  t.same(more, []);
  t.match(said, /^late \d+ for itself$/mu, 'its event loop stood still, and what it starts is not blocked');
});
