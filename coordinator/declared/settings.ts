import { contentHash } from './content-hash.ts';
import { inScope, type ScopedNode } from './scope.ts';
import type { SettingsRecord } from '../domain.ts';

/** Settings that hold for one node, with the hash by which its agent tells of them. */
export interface NodeSettings {
  readonly hash: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Says what of all that was set holds for a node. */
export function settingsOf(node: ScopedNode, records: Iterable<SettingsRecord>): NodeSettings {
  const values: Record<string, string> = {};
  for (const record of inScope(node, records)) Object.assign(values, record.values);
  return { hash: contentHash(values), values };
}

export function flatSettings({ values }: Pick<NodeSettings, 'values'>): ReadonlyMap<string, string> {
  return new Map(Object.entries(values));
}
