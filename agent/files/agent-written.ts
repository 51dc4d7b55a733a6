import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reservedName } from '../../common/reserved-paths.ts';
import { WRITTEN_BY_AGENT } from '../m2/units.ts';
import { UNIT_DIRECTORY } from '../os/unit-directory.ts';

/** Mount units and what wants them: they are called by a directory, and whose they are is told by what is in them. */
const mountUnit = /^etc\/systemd\/system\/(?:multi-user\.target\.wants\/)?([^/]+\.mount)$/;

/** Tells whether the agent has a file there of its own, or will have. @param root real path of the root */
export function isWrittenByAgent(root: string, path: string): boolean {
  if (reservedName(path) !== undefined) return true;
  const unit = mountUnit.exec(path)?.[1];
  return unit !== undefined && textOf(join(root, UNIT_DIRECTORY, unit)).startsWith(WRITTEN_BY_AGENT);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // not there, or no file: nothing that the agent has written
    return '';
  }
}
