import * as v from 'valibot';
import { count, word } from './answer.ts';

export interface CrushHost {
  readonly id: number;
  readonly name: string;
  /** Names of the OSDs that it holds. */
  readonly osds: readonly string[];
}

/** `osd tree`: CRUSH nodes and OSDs in one list. */
export const treeAnswer = v.pipe(
  v.object({ nodes: v.array(v.object({ id: count, name: word, type: word, children: v.optional(v.array(count), []) })) }),
  v.transform(({ nodes }): readonly CrushHost[] => {
    const nameOf = new Map(nodes.map(({ id, name }) => [id, name]));
    const hosts = nodes.filter(({ type }) => type === 'host');
    return hosts.map(({ id, name, children }) => ({ id, name, osds: children.flatMap((child) => nameOf.get(child) ?? []) }));
  }),
);

/** Whether `osd set-group` and `osd unset-group` take a name for a host, and not for the id of an OSD, for every OSD or for an option. */
export function isPlainHost(name: string): boolean {
  return /^(?!(?:all|any)$|osd\.)[a-z]/iu.test(name);
}
