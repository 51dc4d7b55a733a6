/** What can be done to a node besides bringing it a release; the domain form of uvs.v1.Reboot, uvs.v1.Restart and uvs.v1.Rollback. */
export type NodeAction =
  | { readonly kind: 'reboot' }
  /** Takes a release back: its manifest's hash, and its version to show. */
  | { readonly kind: 'rollback'; readonly release: string; readonly version: string }
  /** Names or patterns of units, as the node finds them (common/unit-pattern.ts). */
  | { readonly kind: 'restart'; readonly units: readonly string[] };

/** Whether it changes the files of a release, as bringing one does (undefined): it can be gone back from, and goes through the same phases. */
export function changesFiles(action: NodeAction | undefined): action is undefined | Extract<NodeAction, { kind: 'rollback' }> {
  return action === undefined || action.kind === 'rollback';
}

/** "reboot", "restart ceph-osd@*.service" or "take back 2.14.17", for people. */
export function describeAction(action: NodeAction): string {
  switch (action.kind) {
    case 'reboot':
      return 'reboot';
    case 'rollback':
      return `take back ${action.version}`;
    case 'restart':
      return `restart ${action.units.join(' ')}`;
  }
}
