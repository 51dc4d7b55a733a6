import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How messages look in memory. `make proto` passes the same to the type generator; the two must agree. */
export const messageShape = { longs: String, enums: String, defaults: true, oneofs: true } as const;

/** The files of the public API. */
export const apiFiles: readonly string[] = ['access', 'cluster', 'limit', 'node', 'operation', 'package', 'rollout', 'setting', 'slot'].map(
  (name) => `uvs/v1/${name}.proto`,
);

/** Finds the .proto files beside this source or, in what ships, beside the bundle's folder; never by the working directory. */
export function protoRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [here, join(here, '..', 'proto'), join(here, 'proto')];
  const found = candidates.find((dir) => existsSync(join(dir, 'uvs/v1/common.proto')));
  if (found === undefined) throw new Error(`the .proto files are missing; looked in ${candidates.join(', ')}`);
  return found;
}
