import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WRITTEN_BY_AGENT } from '../m2/units.ts';

/** Files that the agent writes while it runs, by the names that it gives them. Paths are relative to the root. */
const names: readonly RegExp[] = [
  // limits of services (agent/limits/drop-in.ts)
  /^etc\/systemd\/system\/[^/]+\.service\.d\/90-uvs-limits\.conf$/,
  // settings (agent/settings): of the kernel, of timesyncd, and of chrony, whose configuration says where its sources are
  /(?:^|\/)90-uvs-settings\.[^/]+$/,
  // the SSD (agent/m2/units.ts), and the links by which its units are wanted
  /^etc\/systemd\/system\/(?:[^/]+\.(?:wants|requires)\/)?(?:m2\.mount|uvs-m2-trim\.(?:service|timer))$/,
  /^etc\/systemd\/system\/[^/]+\.device\.d\/50-uvs-m2\.conf$/,
  // directories that were brought to it (agent/m2/migration/units.ts)
  /^etc\/systemd\/system\/[^/]+\.d\/60-uvs-m2[^/]*\.conf$/,
];

/** Mount units and what wants them: they are called by a directory, and whose they are is told by what is in them. */
const mountUnit = /^etc\/systemd\/system\/(?:multi-user\.target\.wants\/)?([^/]+\.mount)$/;

/** Tells whether the agent has a file there of its own, or will have. @param root real path of the root */
export function isWrittenByAgent(root: string, path: string): boolean {
  if (names.some((name) => name.test(path))) return true;
  const unit = mountUnit.exec(path)?.[1];
  return unit !== undefined && textOf(join(root, 'etc/systemd/system', unit)).startsWith(WRITTEN_BY_AGENT);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // not there, or no file: nothing that the agent has written
    return '';
  }
}
