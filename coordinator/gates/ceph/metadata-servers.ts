import * as v from 'valibot';
import { addressesOf, listed, type Address } from './address.ts';
import { byName, count, word } from './answer.ts';

export interface MetadataServer {
  readonly name: string;
  /** Another one after each start. */
  readonly gid: number;
  /** e.g. "up:active" */
  readonly state: string;
  /** The file system that it serves or follows; undefined: a standby for any. */
  readonly filesystem: string | undefined;
  /** Its part of the file system, or that of the server which it follows; below zero: none. */
  readonly rank: number;
  readonly addresses: readonly Address[];
}

const server = v.pipe(
  v.object({ name: word, gid: count, state: word, rank: count, addr: v.optional(word), addrs: v.optional(listed) }),
  v.transform(({ addr, addrs, ...told }) => ({ ...told, addresses: addressesOf(addrs, addr) })),
);

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

/** Those that would follow one that is stopped. */
export function standbysOf(servers: readonly MetadataServer[]): readonly MetadataServer[] {
  return servers.filter(({ state }) => isStandby(state));
}

function isStandby(state: string): boolean {
  return state === 'up:standby' || state === 'up:standby-replay';
}

/**
 * Says what forbids that these servers are stopped together: each that serves needs one to follow it that is not stopped itself, and answers.
 * @param silent those that do not answer
 */
export function stopMetadataServersRefusal(
  servers: readonly MetadataServer[],
  stopped: readonly string[],
  silent: readonly string[],
): string | undefined {
  const unknown = stopped.filter((name) => !servers.some((each) => each.name === name));
  if (unknown.length > 0) return `the file system map has no ${unknown.map((name) => `mds.${name}`).join(', ')}`;
  const serving = servers.filter(({ name, state }) => stopped.includes(name) && !isStandby(state));
  const followers = standbysOf(servers).filter(({ name }) => !stopped.includes(name) && !silent.includes(name));
  for (const { name, filesystem, rank } of serving) {
    // one that follows this very rank's journal first: it can stand in for no other
    const place = followers.findIndex((each) => each.filesystem === filesystem && each.rank === rank);
    const chosen = place === -1 ? followers.findIndex((each) => each.filesystem === undefined) : place;
    if (chosen === -1) {
      const why = silent.length === 0 ? 'start one on another node' : `${silent.map((each) => `mds.${each}`).join(', ')} does not answer`;
      return `no standby would follow mds.${name}, which serves ${filesystem ?? 'a file system'}: ${why}`;
    }
    followers.splice(chosen, 1);
  }
  return undefined;
}
