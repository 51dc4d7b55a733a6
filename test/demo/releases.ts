import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeScript } from '../support/sandbox-cluster.ts';

const built = fileURLToPath(new URL('../../dist/uvs', import.meta.url));

/** A task that takes a moment, so that the push can be watched. */
function task(dir: string, name: string, seconds: number): string {
  return writeScript(
    join(dir, `${name}.sh`),
    `#!/bin/sh\necho "${name} on $UVS_ROOT: $UVS_FROM_VERSION to $UVS_VERSION"\nsleep ${seconds}\n`,
  );
}

/** What the nodes have before: a few small files. */
export function firstRelease(dir: string): string {
  const tree = join(dir, 'release-1');
  mkdirSync(join(tree, 'etc/uvs'), { recursive: true });
  writeFileSync(join(tree, 'etc/uvs/release'), '2.14-16.20200317\n');
  return `product = "uvs"
version = "2.14-16.20200317"
releaseSeq = 16

[target]
distro = "debian"
distroVersions = ["12"]

[brings]
uvs = "2.14-16.20200317"
ceph = "14.2.8"
kernel = "5.4.0-17"

[[trees]]
source = "${tree}"
destination = "/"
`;
}

/** The release of the day: the runtime and this build, well over 80 MB, with tasks before and after. */
export function bigRelease(dir: string): string {
  const tree = join(dir, 'release-2');
  mkdirSync(join(tree, 'etc/uvs'), { recursive: true });
  writeFileSync(join(tree, 'etc/uvs/release'), '2.14.17\n');
  return `product = "uvs"
version = "2.14.17"
releaseSeq = 17
services = ["ceph.target"]

[target]
distro = "debian"
distroVersions = ["12"]

[brings]
uvs = "2.14.17"
ceph = "14.2.9"
kernel = "5.4.0-24"

[[trees]]
source = "${tree}"
destination = "/"

[[trees]]
source = "${built}"
destination = "/opt/uvs/2.14.17"

[[trees]]
source = "${process.execPath}"
destination = "/opt/uvs/2.14.17/runtime/node"

[[tasks]]
stage = "pre"
name = "drain"
program = "${task(dir, 'drain', 1)}"
timeoutSeconds = 60
idempotent = true

[[tasks]]
stage = "post"
name = "check"
program = "${task(dir, 'check', 1)}"
timeoutSeconds = 60
idempotent = true
`;
}
