import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { figuresSchema, summary } from './figures.ts';
import { whyNoNetwork } from './network.ts';
import { parseJson } from '../support/uvsctl-json.ts';

const SEED = 'every day';
/** Of faults; to start, to settle and to put etcd back take as long again. */
const MINUTES = '2';

/** Of what must be there, whatever else is: how a fault's kind begins. */
const KINDS = ['kill agent', 'stop agent', 'stop leader', 'block leader', 'cut agent–', 'cut member–', 'etcd without quorum'];
/** Kinds of cuts, each way and each size for itself. */
const LEAST_CUTS = 5;
/** Of what two minutes may bring or not. */
const MOST_MISSED = 2;

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
    const { transactions, leadersPastTheirLease, sleptOnTheirYes } = figures;
    const missed = Object.entries({
      'a transaction reached etcd after it was given up': transactions.late,
      'a transaction reached etcd twice': transactions.again,
      'a leader was stopped for longer than its lease': leadersPastTheirLease.stopped,
      'a leader did nothing for longer than its lease, its connections open': leadersPastTheirLease.blocked,
      'another one led when one of them went on': leadersPastTheirLease.deposed,
      'an agent slept on its yes for longer than it is good, before its first act': sleptOnTheirYes.pastTheYes,
    }).flatMap(([what, count]) => (count > 0 ? [] : [what]));
    // each has to be met in a moment of its own, which a machine under load lets pass
    t.ok(missed.length <= MOST_MISSED, `hardly anything was missed: ${missed.join('; ')}`);
    t.comment(summary(figures));
    t.comment(
      `held ${figures.restoration?.heldAfterSeconds} s after etcd was put back, adopted in ${figures.restoration?.adoptedAfterSeconds} s`,
    );
    if (figures.violations.length === 0) rmSync(folder, { recursive: true });
  },
);
