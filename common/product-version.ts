import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { UvsError } from './errors.ts';

const schema = v.object({ name: v.literal('uvs'), version: v.string() });
const MAX_LEVELS = 4;

/** The version of these programs: of the package.json above this source or, in what ships, beside the bundle. */
export function readProductVersion(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let level = 0, directory = here; level < MAX_LEVELS; level += 1, directory = dirname(directory)) {
    const found = v.safeParse(schema, readJson(join(directory, 'package.json')));
    if (found.success) return found.output.version;
  }
  throw new UvsError('INTERNAL', `the program's package.json is missing above ${here}`);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
