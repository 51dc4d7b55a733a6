import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';

/** The folder of the project, with its own slash at the end. */
export const project = fileURLToPath(new URL('../..', import.meta.url));

/** All times in what is built: a fixed one, since the time of building is no part of the sources. */
export const SOURCE_DATE_EPOCH = Number(process.env['SOURCE_DATE_EPOCH'] ?? 1577836800);

const productSchema = v.object({ version: v.string(), optionalDependencies: v.record(v.string(), v.string()) });
const product = v.parse(productSchema, JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')));

/** Version of the programs. */
export const productVersion = product.version;

/** The version that package.json pins of an npm package. */
export function pinnedVersion(name: string): string {
  const version = product.optionalDependencies[name];
  if (version === undefined) throw new Error(`package.json does not pin ${name}`);
  return version;
}

export const MAINTAINER = 'UVS maintainers <maintainers@uvs.invalid>';
