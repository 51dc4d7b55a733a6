import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';

/** Stands in for systemd-notify until the test ends. @returns what it was told so far, a line for each time */
export function heardNotify(t: Test): () => readonly string[] {
  const dir = t.testdir({ said: '' });
  const program = join(dir, 'systemd-notify');
  writeFileSync(program, `#!/bin/sh\necho "$@" >> ${dir}/said\n`);
  chmodSync(program, 0o755);
  const path = process.env['PATH'];
  process.env['PATH'] = `${dir}:${path ?? ''}`;
  t.teardown(() => {
    process.env['PATH'] = path;
  });
  return () =>
    readFileSync(join(dir, 'said'), 'utf8')
      .split('\n')
      .filter((line) => line !== '');
}
