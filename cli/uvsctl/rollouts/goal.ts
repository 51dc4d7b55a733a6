import type { MigrationAct } from '../../../common/migration.ts';
import type { RolloutSpec__Output } from '../../../proto/gen/uvs/v1/RolloutSpec.ts';

/** The parts of a specification that say what is done to each node; also of one that is about to be sent. */
type Goal = Pick<RolloutSpec__Output, 'action'> & {
  readonly restart?: { readonly units?: readonly string[] } | null;
  readonly rollback?: { readonly version?: string } | null;
  readonly migration?: { readonly act?: string | number; readonly directory?: string } | null;
};

/** What a rollout is about, in a table or a title: "2.14.17", "reboot", "back from 2.14.17", "restart ceph-mgr@*.service", "m2 migrate /var/log/ceph". */
export function goalText(spec: Goal | null, version: string): string {
  switch (spec?.action) {
    case 'reboot':
      return 'reboot';
    case 'rollback':
      return `back from ${spec.rollback?.version ?? ''}`;
    case 'restart':
      return `restart ${spec.restart?.units?.join(' ') ?? ''}`;
    case 'migration':
      return `m2 ${actOf(spec)} ${spec.migration?.directory ?? ''}`;
    case undefined:
      return version;
  }
}

/** The same as a predicate: "brings 2.14.17", "reboots", "restarts ceph-mgr@*.service". */
export function goalPredicate(spec: Goal | null, version: string): string {
  switch (spec?.action) {
    case 'reboot':
      return 'reboots';
    case 'rollback':
      return `takes back ${spec.rollback?.version ?? ''}`;
    case 'restart':
      return `restarts ${spec.restart?.units?.join(' ') ?? ''}`;
    case 'migration':
      return `${predicates[actOf(spec)]} ${spec.migration?.directory ?? ''}`;
    case undefined:
      return `brings ${version}`;
  }
}

const predicates = {
  migrate: 'brings to the SSD',
  undo: 'puts back from the SSD',
  confirm: 'removes the old',
} as const satisfies Record<MigrationAct, string>;

function actOf({ migration }: Goal): MigrationAct {
  if (migration?.act === 'MIGRATION_ACT_UNDO') return 'undo';
  return migration?.act === 'MIGRATION_ACT_CONFIRM' ? 'confirm' : 'migrate';
}
