import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { figuresSchema, summary } from './figures.ts';
import { whyNoNetwork } from './network.ts';
import { parseJson } from '../support/uvsctl-json.ts';

const SEED = 'every day';
/** Of faults, or up to twice as long where one has missed its moment; to start, to settle and to put etcd back take as long again. */
const MINUTES = '2';

/** Of what must be there, whatever else is: how a fault's kind begins. */
const KINDS = [
  'kill agent',
  'stop agent',
  'stop leader',
  'block leader',
  'stop-at-begin',
  'cut agent–',
  'cut member–',
  'etcd without quorum',
];
/** Kinds of cuts, each way and each size for itself. */
const LEAST_CUTS = 5;

const noNetwork = whyNoNetwork();

void t.test(
  'whatever is killed, stopped, cut off, held back or put back, never too many are down and nothing waits without a word',
  { skip: noNetwork ?? false, timeout: 900_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'uvs-chaos-'));
    const program = fileURLToPath(new URL('main.ts', import.meta.url));
    let said = '';
    const child = spawn(process.execPath, [program, '--seed', SEED, '--minutes', MINUTES, '--folder', folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    t.teardown(() => child.kill('SIGTERM'));
    await new Promise((resolve) => child.once('close', resolve));
    const figuresFile = join(folder, 'figures.json');
    if (!existsSync(figuresFile)) throw new Error(`the run ended before it had figures: ${said}; records in ${folder}`);
    const figures = parseJson(figuresSchema, readFileSync(figuresFile, 'utf8'));
    t.same(figures.violations, [], `${said}; records in ${folder}`);
    t.equal(figures.mostAtOnceRolling, 1, 'rolling: one at a time');
    t.ok(figures.mostAtOnce > 1 && figures.mostAtOnce <= figures.budgets.parallel, 'parallel: several, and no more than its budget');
    t.ok(figures.disturbances > 0, 'something was disturbed at all');
    t.match(
      figures.restoration,
      { interrupted: 'succeeded', next: 'succeeded' },
      'an etcd that was put back was adopted, and rollouts went on',
    );
    const kinds = Object.keys(figures.faults);
    for (const kind of KINDS)
      t.ok(
        kinds.some((one) => one.startsWith(kind)),
        `a fault of the kind ${kind}`,
      );
    t.ok(kinds.filter((kind) => kind.startsWith('cut ')).length >= LEAST_CUTS, 'partitions of several kinds');
    t.ok(figures.transactions.late > 0, 'a transaction reached etcd after it was given up');
    t.ok(figures.transactions.again > 0, 'a transaction reached etcd twice');
    t.ok(figures.leadersPastTheirLease.stopped > 0, 'a leader was stopped for longer than its lease');
    t.ok(figures.leadersPastTheirLease.blocked > 0, 'a leader did nothing for longer than its lease, its connections open');
    t.ok(figures.leadersPastTheirLease.deposed > 0, 'another one led when one of them went on');
    t.ok(figures.sleptOnTheirYes.pastTheYes > 0, 'an agent slept on its yes for longer than it is good, before its first act');
    t.comment(summary(figures));
    t.comment(
      `held ${figures.restoration?.heldAfterSeconds} s after etcd was put back, adopted in ${figures.restoration?.adoptedAfterSeconds} s`,
    );
    if (figures.violations.length === 0) rmSync(folder, { recursive: true });
  },
);
