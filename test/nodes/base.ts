import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BASE_BUILD_MS = 300_000;
const makeBase = fileURLToPath(new URL('make-base.sh', import.meta.url));

/** The root that booted nodes begin with: made once on a machine and kept; how it is made is part of its name. */
export function builtBase(): string {
  const recipe = createHash('sha256').update(readFileSync(makeBase)).digest('hex').slice(0, 12);
  const base = join(process.env['UVS_TEST_CACHE'] ?? '/var/cache/uvs-test', `node-base-${recipe}`);
  if (!existsSync(base)) execFileSync(makeBase, [base], { timeout: BASE_BUILD_MS, stdio: ['ignore', 'inherit', 'inherit'] });
  return base;
}
