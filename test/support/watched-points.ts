import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { onDiskAct } from '../../common/disk-act.ts';
import { PointNames } from '../cuts/point-names.ts';

/**
 * What agents that tests bundle do at a failpoint, and before each act on the disk. Their environment says what:
 *
 *   UVS_TEST_DIE_AT    failpoint at which the agent dies once
 *   UVS_TEST_DIED      file by which it knows that it has
 *   UVS_TEST_GROUP     process group that dies with it
 *   UVS_TEST_PASS      program that is run at points, with the point's name, and waited for: at each failpoint, and before each act on the disk
 *   UVS_TEST_TRACE     file to which that program writes a line for each point; at all but those of UVS_TEST_EVERY that is all it does, and done here
 *   UVS_TEST_EVERY     as in "20 3": at every 20th point, from the third on
 *   UVS_TEST_ROOT      root below which acts are named
 */
const {
  UVS_TEST_PASS: passing,
  UVS_TEST_TRACE: trace = '',
  UVS_TEST_EVERY: every = '1 0',
  UVS_TEST_ROOT: root = '/',
  UVS_TEST_DIE_AT: dieAt,
  UVS_TEST_DIED: died = '',
  UVS_TEST_GROUP: group,
  UVS_AGENT_VERSION: version = 'packaged',
} = process.env;
const names = new PointNames(root);

if (passing !== undefined) onDiskAct((act) => tell(passing, names.act(act)));

export function passFailpoint(point: string): void {
  if (passing !== undefined) tell(passing, names.failpoint(point));
  if (point !== dieAt || existsSync(died)) return;
  writeFileSync(died, point);
  if (group !== undefined) process.kill(-Number(group), 'SIGKILL');
  process.kill(process.pid, 'SIGKILL');
}

function tell(program: string, point: string): void {
  const name = `${version}: ${point}`;
  const [step = 1, from = 0] = every.split(' ').map(Number);
  const passed = readFileSync(trace, 'utf8').split('\n').length - 1;
  if (passed % step === from) execFileSync(program, [name]);
  else appendFileSync(trace, `${name}\n`);
}
