import type { NodeAction } from '../../../common/node-action.ts';
import { whyKeptInPlace } from '../../../common/kept-in-place.ts';
import { isDirectoryName, type MigrationAct } from '../../../common/migration.ts';
import { isTemplate, MAX_UNIT_PATTERNS, unitPattern } from '../../../common/unit-pattern.ts';
import type { Migration, Migration__Output } from '../../../proto/gen/uvs/v1/Migration.ts';
import type { MigrationAct__Output as ActMessage } from '../../../proto/gen/uvs/v1/MigrationAct.ts';
import { invalid } from '../validate.ts';

type MigrationGoal = Extract<NodeAction, { kind: 'migration' }>;

const acts = {
  migrate: 'MIGRATION_ACT_MIGRATE',
  undo: 'MIGRATION_ACT_UNDO',
  confirm: 'MIGRATION_ACT_CONFIRM',
} as const satisfies Record<MigrationAct, ActMessage>;

/** @throws UvsError INVALID_ARGUMENT */
export function migrationFrom(message: Migration__Output | null | undefined): MigrationGoal {
  const act = actFrom(message?.act ?? 'MIGRATION_ACT_UNSPECIFIED');
  const directory = message?.directory ?? '';
  if (!isDirectoryName(directory)) {
    throw invalid(
      'spec.migration.directory',
      `is ${JSON.stringify(directory.slice(0, 80))}, which can name no directory`,
      'Write its whole path, e.g. /var/lib/ceph/mon/ceph-a.',
    );
  }
  // what was brought there before a name was on this list can be undone and confirmed all the same
  const why = act === 'migrate' ? whyKeptInPlace(directory) : undefined;
  if (why !== undefined)
    throw invalid('spec.migration.directory', `is ${directory}, which no node brings to its SSD: ${why}`, 'Name another directory.');
  const texts = message?.units ?? [];
  if (act !== 'migrate' && texts.length > 0)
    throw invalid('spec.migration.units', 'is for MIGRATE: afterwards the node knows which they are');
  return { kind: 'migration', act, directory, units: unitsFrom(texts, 'spec.migration.units', 0) };
}

export function migrationMessage({ act, directory, units }: MigrationGoal): Migration {
  return { act: acts[act], directory, units: [...units] };
}

/** Completed as systemd has it. @throws UvsError INVALID_ARGUMENT */
export function unitsFrom(texts: readonly string[], field: string, fewest: number): readonly string[] {
  if (texts.length < fewest || texts.length > MAX_UNIT_PATTERNS) {
    throw invalid(field, fewest === 0 ? `must be at most ${MAX_UNIT_PATTERNS}` : `must be ${fewest} to ${MAX_UNIT_PATTERNS}`);
  }
  return texts.map((text) => {
    const unit = unitPattern(text);
    if (unit !== undefined && isTemplate(unit))
      throw invalid(
        field,
        `holds ${unit}, which is no unit, but a template`,
        `Name its units (${unit.replace('@.', '@3.')}), or those of Ceph by a pattern: ceph-osd@*.`,
      );
    if (unit !== undefined) return unit;
    const hint = "Write a full name, or a pattern of Ceph's instances such as ceph-osd@*.";
    throw invalid(field, `holds ${JSON.stringify(text.slice(0, 80))}, which can name no unit`, hint);
  });
}

/** proto-loader turns what it does not know into the first value, so UNSPECIFIED is refused and never a default. */
function actFrom(message: ActMessage): MigrationAct {
  switch (message) {
    case 'MIGRATION_ACT_MIGRATE':
      return 'migrate';
    case 'MIGRATION_ACT_UNDO':
      return 'undo';
    case 'MIGRATION_ACT_CONFIRM':
      return 'confirm';
    case 'MIGRATION_ACT_UNSPECIFIED':
      throw invalid('spec.migration.act', 'must be MIGRATE, UNDO or CONFIRM');
  }
}
