import * as v from 'valibot';
import { storedAt } from '../../stored.ts';

/**
 * How far a migration is; each is written down before what it names is done.
 * - `copying`: the directory counts as before, and the copy is worth nothing: it is made anew
 * - `switching`: the copy is proven; which of the two counts is told by the mount unit alone, and whether anything went to the old one is not known yet
 * - `starting`: the copy counts, and nothing has shown yet that its services run
 * - `unconfirmed`: they run; the old directory is still there below the mount
 * - `removing`: the old directory is being removed
 * - `undoing`: the old directory is being put back
 */
export const phases = ['copying', 'switching', 'starting', 'unconfirmed', 'removing', 'undoing'] as const;
export type Phase = (typeof phases)[number];

const schema = v.strictObject({
  directory: v.string(),
  units: v.array(v.string()),
  phase: v.picklist(phases),
  reason: v.string(),
  /** Hash of the tree that was copied, from `switching` to `unconfirmed`: what the old directory is while nothing is written to it. */
  copied: v.optional(v.string()),
  /** At `undoing`: nothing was ever written to the copy but what was copied. */
  neverCounted: v.optional(v.literal(true)),
});

/** A directory that is on its way to the SSD, or was brought there and not confirmed. */
export type Migration = Readonly<v.InferOutput<typeof schema>>;

const GO_ON = 'Give the same migrate again, which goes on, or undo it';
const told: Readonly<Record<Phase, { readonly where: string; readonly next: string }>> = {
  copying: { where: 'on its way to the SSD', next: GO_ON },
  switching: { where: 'on its way to the SSD', next: GO_ON },
  starting: { where: 'on its way to the SSD', next: GO_ON },
  unconfirmed: { where: 'on the SSD', next: 'Confirm it, or undo it' },
  removing: { where: 'on the SSD', next: 'Confirm it again, which finishes the removal of the old directory' },
  undoing: { where: 'on its way back', next: 'Undo it again, which finishes that' },
};

/** Tells where the directory is, as a line for whoever asks. */
export function describeMigration({ directory, phase }: Pick<Migration, 'directory' | 'phase'>): string {
  return `${directory}: ${told[phase].where}, at "${phase}". ${told[phase].next}.`;
}

/** Tells what has it over, as a hint. */
export function whatIsNext({ directory, phase }: Pick<Migration, 'directory' | 'phase'>): string {
  return `${told[phase].next}: with \`uvs-agent m2\` on the node, or with \`uvsctl m2\`, which wants its name, ${directory}.`;
}

/** Where it is remembered. One at a time: a second one begins when the first is confirmed or undone. */
export interface MigrationMemory {
  read(): Promise<Migration | undefined>;
  /** @param migration undefined: there is none any more */
  write(migration: Migration | undefined): Promise<void>;
}

/** In the agent's state directory. @throws UvsError DISK_FAILED where it can't be read */
export function migrationMemory(statePath: string): MigrationMemory {
  const stored = storedAt(statePath, 'm2-migration.json', v.nullable(schema), {
    reason: 'DISK_FAILED',
    hint: 'Which directory counts is told by findmnt: what is mounted from /m2 is there. Then move that file away.',
  });
  return {
    read: async () => (await stored.read()) ?? undefined,
    write: async (migration) => await stored.write(migration === undefined ? null : { ...migration }),
  };
}
