import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Who may run any program: what tells of it, what only looks, and what no update comes to. */
const mayRunAny = [
  'agent/files/disk.ts',
  'agent/m2/disk-contents.ts', // only looks
  'agent/m2/disk-machine.ts',
  'agent/m2/migration/programs.ts',
  'agent/m2/run-checked.ts', // of the SSD, for whoever makes it ready
  'agent/os/look-with.ts',
  'agent/settings/machine.ts',
  'agent/status-listener.ts', // of the SSD's health
];

void t.test('nothing in an update runs a program that could change the disk and is not told of', (t) => {
  const files = globSync('agent/**/*.ts', { cwd: root }).toSorted();
  const running = files.filter((file) =>
    /^import \{[^}]*\brun(?:Program|Checked)\b[^}]*\} from/mu.test(readFileSync(`${root}${file}`, 'utf8')),
  );
  t.strictSame(running, mayRunAny);
  t.end();
});
