import * as v from 'valibot';
import { byName, count, word } from './answer.ts';

export interface MetadataServer {
  readonly name: string;
  /** Another one after each start. */
  readonly gid: number;
  /** e.g. "up:active" */
  readonly state: string;
  /** The file system that it serves or follows; undefined: a standby for any. */
  readonly filesystem: string | undefined;
}

const server = v.object({ name: word, gid: count, state: word });

/** `fs dump`, of 12.2 and later. */
export const metadataServersAnswer = v.pipe(
  v.object({
    standbys: v.array(server),
    filesystems: v.array(v.object({ mdsmap: v.object({ fs_name: word, info: byName(server) }) })),
  }),
  v.transform(({ standbys, filesystems }): readonly MetadataServer[] => [
    ...standbys.map((standby) => ({ ...standby, filesystem: undefined })),
    ...filesystems.flatMap(({ mdsmap }) => [...mdsmap.info.values()].map((info) => ({ ...info, filesystem: mdsmap.fs_name }))),
  ]),
);

/** Serves, or stands by. */
export function isInPlace({ state }: MetadataServer): boolean {
  return state === 'up:active' || isStandby(state);
}

function isStandby(state: string): boolean {
  return state === 'up:standby' || state === 'up:standby-replay';
}

/** Says what forbids that these servers are stopped together: each that serves needs one to follow it that is not stopped itself. */
export function stopMetadataServersRefusal(servers: readonly MetadataServer[], stopped: readonly string[]): string | undefined {
  const unknown = stopped.filter((name) => !servers.some((each) => each.name === name));
  if (unknown.length > 0) return `the file system map has no ${unknown.map((name) => `mds.${name}`).join(', ')}`;
  const serving = servers.filter(({ name, state }) => stopped.includes(name) && !isStandby(state));
  const followers = servers.filter(({ name, state }) => !stopped.includes(name) && isStandby(state));
  for (const { name, filesystem } of serving) {
    // one that follows this file system's journal first: it can stand in for no other
    const place = followers.findIndex((each) => each.filesystem === filesystem);
    const chosen = place === -1 ? followers.findIndex((each) => each.filesystem === undefined) : place;
    if (chosen === -1)
      return `no standby would follow mds.${name}, which serves ${filesystem ?? 'a file system'}: start one on another node`;
    followers.splice(chosen, 1);
  }
  return undefined;
}
