/** What can be done to a node besides bringing it a release; the domain form of uvs.v1.Reboot and uvs.v1.Restart. */
export type NodeAction =
  | { readonly kind: 'reboot' }
  /** Names or patterns of units, as the node finds them (common/unit-pattern.ts). */
  | { readonly kind: 'restart'; readonly units: readonly string[] };

/** "reboot" or "restart ceph-osd@*.service", for people. */
export function describeAction(action: NodeAction): string {
  switch (action.kind) {
    case 'reboot':
      return 'reboot';
    case 'restart':
      return `restart ${action.units.join(' ')}`;
  }
}
