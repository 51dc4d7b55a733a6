import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const project = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const BUILD_MS = 180_000;

/** As Debian calls this machine's. */
export const architecture = process.arch === 'x64' ? 'amd64' : process.arch;

/** Builds packages of dist/uvs for this machine into a folder, with little compression. Returns the paths by the packages' names. */
export async function buildPackages(
  out: string,
  options: { readonly names?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<ReadonlyMap<string, string>> {
  const env = { ...process.env, OUT: out, COMPRESSION: 'fast', ARCH: architecture, ...options.env };
  await run(process.execPath, ['packaging/packages.ts', ...(options.names ?? [])], { cwd: project, env, timeout: BUILD_MS });
  return new Map(
    readdirSync(out)
      .filter((name) => /\.(deb|rpm)$/u.test(name))
      .map((name) => [nameOf(name), join(out, name)]),
  );
}

/** Unpacks what .debs have in them below a root, as dpkg would lay it out; their scripts are not run. */
export async function unpackDebs(debs: Iterable<string>, root: string): Promise<void> {
  mkdirSync(root, { recursive: true });
  for (const deb of debs) await run('dpkg-deb', ['-x', deb, root], { timeout: BUILD_MS });
}

/** uvs-agent_0.2.0-1_all.deb is `uvs-agent`; uvs-agent-0.2.0-1.noarch.rpm too. */
function nameOf(file: string): string {
  return /^[a-z-]+(?=[_-]\d)/u.exec(file)?.[0] ?? file;
}
