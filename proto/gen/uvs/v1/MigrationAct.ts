// Original file: proto/uvs/v1/rollout.proto

export const MigrationAct = {
  MIGRATION_ACT_UNSPECIFIED: 'MIGRATION_ACT_UNSPECIFIED',
  MIGRATION_ACT_MIGRATE: 'MIGRATION_ACT_MIGRATE',
  MIGRATION_ACT_UNDO: 'MIGRATION_ACT_UNDO',
  MIGRATION_ACT_CONFIRM: 'MIGRATION_ACT_CONFIRM',
} as const;

export type MigrationAct =
  | 'MIGRATION_ACT_UNSPECIFIED'
  | 0
  | 'MIGRATION_ACT_MIGRATE'
  | 1
  | 'MIGRATION_ACT_UNDO'
  | 2
  | 'MIGRATION_ACT_CONFIRM'
  | 3

export type MigrationAct__Output = typeof MigrationAct[keyof typeof MigrationAct]
