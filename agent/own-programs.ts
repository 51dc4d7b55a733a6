import { basename, join } from 'node:path';
import { agentLayout, isVersionName } from '../common/agent-layout.ts';
import { UvsError } from '../common/errors.ts';
import type { Manifest } from '../common/upd/manifest.ts';
import { successorIn, type Successor } from '../common/upd/successor.ts';
import { readLinkIfThere } from './files/reading.ts';
import type { Remembered } from './files/survey.ts';

/**
 * Looks at what a release does to the agent's own programs. What runs, and what its runtime is, must stay byte for byte as it is: by that the node
 * recovers, whatever becomes of the release. Returns the agent that is to go on after it, undefined where this one does.
 * @param running name of the version that runs; undefined where no launcher started it
 * @param remembered what installed releases put at a path
 * @throws UvsError PATH_FORBIDDEN, PACKAGE_MALFORMED, NOT_ALLOWED_NOW
 */
export function judgeOwnPrograms(
  root: string,
  manifest: Pick<Manifest, 'files'>,
  running: string | undefined,
  remembered: Remembered,
): Successor | undefined {
  const successor = successorIn(manifest);
  for (const directory of running === undefined ? [] : directoriesOf(root, running)) refuseChanges(manifest, directory, remembered);
  if (successor === undefined || successor.version === running) return undefined;
  if (running === undefined) {
    throw new UvsError('NOT_ALLOWED_NOW', 'the release brings another agent, and this one was not started by its launcher', {
      hint: 'Start the agent as /usr/bin/uvs-agent, which falls back to this agent where the new one fails.',
    });
  }
  return successor;
}

/** Of a version and of its runtime, relative to the root. */
function directoriesOf(root: string, version: string): readonly string[] {
  const directory = `${agentLayout.versions}/${version}`;
  const runtime = basename(readLinkIfThere(join(root, directory, 'runtime')) ?? '');
  return isVersionName(runtime) ? [directory, `${agentLayout.runtimes}/${runtime}`] : [directory];
}

/** A release that brings again what an earlier one brought, as full ones do, changes nothing. */
function refuseChanges({ files }: Pick<Manifest, 'files'>, directory: string, remembered: Remembered): void {
  for (const entry of files) {
    if (entry.path !== directory && !entry.path.startsWith(`${directory}/`)) continue;
    const before = remembered(entry.path);
    if (entry.op === 'put' && before?.op === 'put' && before.mode === entry.mode && before.uid === entry.uid && before.gid === entry.gid) {
      if (entry.type === 'directory' && before.type === 'directory') continue;
      if (entry.type === 'symlink' && before.type === 'symlink' && entry.link === before.link) continue;
      if (entry.type === 'file' && before.type === 'file' && entry.sha256 === before.sha256) continue;
    }
    throw new UvsError(
      'PATH_FORBIDDEN',
      `the package may not touch ${entry.path}: the agent runs from there, and what it recovers by is never changed`,
      {
        hint: 'Bring a changed agent or runtime in a directory of another version.',
      },
    );
  }
}
