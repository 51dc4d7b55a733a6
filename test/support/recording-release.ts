import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeScript } from './sandbox-cluster.ts';

export interface RecordingRelease {
  readonly version: string;
  readonly releaseSeq: number;
  /** File that the tasks append "begin NODE MS" and "end NODE MS" to. */
  readonly record: string;
  /** How long a node stays disturbed in its pre task. */
  readonly holdSeconds: number;
  /** Shell text run in the pre task after it has recorded the beginning. */
  readonly pre?: string;
  /** Shell text run in the post task before it records the end. */
  readonly post?: string;
  /** Whether the post task may run twice; it may unless told. */
  readonly isPostIdempotent?: boolean;
  /** How many small files it brings besides, in etc/uvs/many; none unless told. */
  readonly files?: number;
  /** How long a task may take; 60 unless told. */
  readonly timeoutSeconds?: number;
  /** Extra TOML. */
  readonly extra?: string;
}

/** A small release whose own tasks record when its node is disturbed: from the pre task to the end of the post task. */
export function recordingRelease(dir: string, release: RecordingRelease): string {
  const tree = join(dir, `tree-${release.version}`);
  mkdirSync(join(tree, 'etc/uvs'), { recursive: true });
  writeFileSync(join(tree, 'etc/uvs/release'), `${release.version}\n`);
  writeFileSync(join(tree, 'etc/uvs/payload'), `${release.version} `.repeat(20_000));
  if (release.files !== undefined) mkdirSync(join(tree, 'etc/uvs/many'), { recursive: true });
  for (let index = 0; index < (release.files ?? 0); index += 1) {
    writeFileSync(join(tree, 'etc/uvs/many', `${index}`.padStart(5, '0')), `${release.version} ${index}\n`);
  }
  const stamp = `"$(basename "$UVS_ROOT") $(awk '{printf "%d", $1 * 1000}' /proc/uptime)"`;
  const pre = writeScript(
    join(dir, `pre-${release.version}.sh`),
    `#!/bin/sh\nset -e\necho begin ${stamp} >> ${release.record}\nsleep ${release.holdSeconds}\n${release.pre ?? ':'}\n`,
  );
  const post = writeScript(
    join(dir, `post-${release.version}.sh`),
    `#!/bin/sh\nset -e\n${release.post ?? ':'}\necho end ${stamp} >> ${release.record}\n`,
  );
  return `product = "uvs"
version = "${release.version}"
releaseSeq = ${release.releaseSeq}
${release.extra ?? ''}

[target]
distro = "debian"
distroVersions = ["12"]

[brings]
uvs = "${release.version}"

[[trees]]
source = "${tree}"
destination = "/"

[[tasks]]
stage = "pre"
name = "record-begin"
program = "${pre}"
timeoutSeconds = ${release.timeoutSeconds ?? 60}
idempotent = true

[[tasks]]
stage = "post"
name = "record-end"
program = "${post}"
timeoutSeconds = ${release.timeoutSeconds ?? 60}
idempotent = ${release.isPostIdempotent ?? true}
`;
}
