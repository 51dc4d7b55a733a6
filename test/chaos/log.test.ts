import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { faults, type Planned } from './faults.ts';
import { machines } from './cluster.ts';
import { ChaosLog, recordedIn } from './log.ts';

/** So many that every kind of fault is among them. */
const MANY = 100;

void t.test('from the log of a run its seed, minutes and faults can be had again', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'uvs-chaos-log-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const log = new ChaosLog(join(folder, 'log.jsonl'));
  const all = faults('any', machines);
  const planned: Planned[] = Array.from({ length: MANY }, () => all.next().value);
  log.write('start', { seed: 'any', minutes: 0.5 });
  for (const [place, one] of planned.entries()) {
    log.write('planned', { number: place + 1, planned: one });
    log.write('fault', { number: place + 1, kind: 'kill agent' });
  }
  t.same(recordedIn(log.file), { seed: 'any', minutes: 0.5, faults: planned });
  t.end();
});

void t.test('what is no log of a run is refused', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'uvs-chaos-log-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'figures.json');
  writeFileSync(file, '{}\n');
  t.throws(() => recordedIn(file), { message: /does not begin as the log of a run does/u });
  t.end();
});
