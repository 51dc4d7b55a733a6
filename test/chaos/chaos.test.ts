import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import * as v from 'valibot';
import { whyNoNetwork } from './network.ts';
import { parseJson } from '../support/uvsctl-json.ts';

const SEED = 'every day';
/** Of faults; to start, to settle and to put etcd back take as long again. */
const MINUTES = '2';

const figuresSchema = v.object({
  violations: v.array(v.string()),
  faults: v.record(v.string(), v.number()),
  disturbances: v.number(),
  mostAtOnce: v.number(),
  mostAtOnceRolling: v.number(),
  budgets: v.object({ cluster: v.number(), parallel: v.number() }),
  longestStallSeconds: v.number(),
  leaders: v.number(),
  restoration: v.optional(
    v.object({ heldAfterSeconds: v.number(), adoptedAfterSeconds: v.number(), interrupted: v.string(), next: v.string() }),
  ),
});

const noNetwork = whyNoNetwork();

void t.test(
  'whatever is killed, stopped, cut off, held back or put back, never too many are down and nothing waits without a word',
  { skip: noNetwork ?? false, timeout: 540_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'uvs-chaos-'));
    const program = fileURLToPath(new URL('main.ts', import.meta.url));
    let said = '';
    const child = spawn(process.execPath, [program, '--seed', SEED, '--minutes', MINUTES, '--folder', folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    t.teardown(() => child.kill('SIGTERM'));
    await new Promise((resolve) => child.once('exit', resolve));
    const figures = parseJson(figuresSchema, readFileSync(join(folder, 'figures.json'), 'utf8'));
    t.same(figures.violations, [], `${said}; records in ${folder}`);
    t.ok(figures.mostAtOnceRolling <= 1, 'rolling: one at a time');
    t.ok(figures.mostAtOnce <= figures.budgets.parallel, 'parallel: no more than its budget');
    t.ok(figures.disturbances > 0, 'something was disturbed at all');
    const faults = Object.values(figures.faults).reduce((sum, count) => sum + count, 0);
    t.ok(faults >= 10, `${faults} faults`);
    t.match(
      figures.restoration,
      { interrupted: 'succeeded', next: 'succeeded' },
      'an etcd that was put back was adopted, and rollouts went on',
    );
    const { disturbances, mostAtOnce, leaders, longestStallSeconds, restoration } = figures;
    t.comment(
      `${faults} faults, ${disturbances} disturbances, most at once ${mostAtOnce}, ${leaders} leaders, longest stall ${longestStallSeconds} s; ` +
        `held ${restoration?.heldAfterSeconds} s after etcd was put back, adopted in ${restoration?.adoptedAfterSeconds} s`,
    );
    if (figures.violations.length === 0) rmSync(folder, { recursive: true });
  },
);
