import * as v from 'valibot';

const name = v.pipe(v.string(), v.nonEmpty(), v.maxLength(512));

/**
 * What something is set on: an OSD, by its name; a CRUSH host or a pool by its id too, for an operator may rename it while it is set, and by its old
 * name nobody would find it again.
 */
export interface DrainTarget {
  readonly name: string;
  readonly id?: number | undefined;
}

/** Reads a target of a drain's record. Those of earlier coordinators are names alone. */
export const targetSchema = v.pipe(
  v.union([v.strictObject({ name, id: v.optional(v.pipe(v.number(), v.safeInteger())) }), name]),
  v.transform((read): DrainTarget => (typeof read === 'string' ? { name: read } : read)),
);

/** Makes what tells whether one of these is the same thing: by the id where both have one, else by the name. */
export function amongTargets(targets: readonly DrainTarget[]): (target: DrainTarget) => boolean {
  const ids = new Set(targets.map(({ id }) => id).filter((id) => id !== undefined));
  const names = new Set(targets.map((target) => target.name));
  const namesAlone = new Set(targets.filter(({ id }) => id === undefined).map((target) => target.name));
  return (target) => (target.id === undefined ? names.has(target.name) : ids.has(target.id) || namesAlone.has(target.name));
}
