import type { MigrationAct } from './migration.ts';

/** What can be done to a node besides bringing it a release; the domain form of uvs.v1.Reboot, uvs.v1.Restart, uvs.v1.Rollback and uvs.v1.Migration. */
export type NodeAction =
  | { readonly kind: 'reboot' }
  /** Takes a release back: its manifest's hash, and its version to show. */
  | { readonly kind: 'rollback'; readonly release: string; readonly version: string }
  /** Names or patterns of units, as the node finds them (common/unit-pattern.ts). */
  | { readonly kind: 'restart'; readonly units: readonly string[] }
  /** Units as those of a restart: they are stopped meanwhile. None with `undo` and `confirm`: the node knows which they are. */
  | { readonly kind: 'migration'; readonly act: MigrationAct; readonly directory: string; readonly units: readonly string[] };

/** What the end of a restart begins with on a node where nothing matches what was to be restarted. */
export const NOTHING_TO_RESTART = 'nothing to restart';

/** Whether it changes the files of a release, as bringing one does (undefined): it can be gone back from, and goes through the same phases. */
export function changesFiles(action: NodeAction | undefined): action is undefined | Extract<NodeAction, { kind: 'rollback' }> {
  return action === undefined || action.kind === 'rollback';
}

/** "reboot", "restart ceph-osd@*.service", "take back 2.14.17" or "bring /var/log/ceph to the SSD", for people. */
export function describeAction(action: NodeAction): string {
  switch (action.kind) {
    case 'reboot':
      return 'reboot';
    case 'rollback':
      return `take back ${action.version}`;
    case 'restart':
      return `restart ${action.units.join(' ')}`;
    case 'migration':
      return describeMigration(action.act, action.directory);
  }
}

function describeMigration(act: MigrationAct, directory: string): string {
  switch (act) {
    case 'migrate':
      return `bring ${directory} to the SSD`;
    case 'undo':
      return `put ${directory} back from the SSD`;
    case 'confirm':
      return `remove the old ${directory}`;
  }
}
