import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSync, type Options, type PackageDefinition } from '@grpc/proto-loader';

/** How messages look in memory. `npm run proto:gen` passes the same to the type generator; the two must agree. */
const options: Options = { keepCase: false, longs: String, enums: String, defaults: true, oneofs: true };

const files = ['access', 'cluster', 'node', 'operation', 'package', 'rollout', 'slot'].map((name) => `uvs/v1/${name}.proto`);

/** Finds the .proto files beside this source or, in what ships, beside the bundle's folder; never by the working directory. */
function protoRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [here, join(here, '..', 'proto'), join(here, 'proto')];
  const found = candidates.find((dir) => existsSync(join(dir, 'uvs/v1/common.proto')));
  if (found === undefined) throw new Error(`the .proto files are missing; looked in ${candidates.join(', ')}`);
  return found;
}

/** The definitions of the public API and of the agents' protocol. */
export function loadDefinition(): PackageDefinition {
  return loadSync([...files, 'uvs/agent/v1/agent.proto'], { ...options, includeDirs: [protoRoot()] });
}
