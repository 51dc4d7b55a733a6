import { Option } from 'commander';
import * as v from 'valibot';
import { UvsError } from '../../common/errors.ts';

/** It becomes part of a line of output and of the cluster's audit log. */
const reasonSchema = v.pipe(v.string(), v.trim(), v.regex(/^\P{Cc}{0,500}$/u, 'must be one line of at most 500 characters'));

/** Of an option that takes several, with commas between them. */
export function list(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

/** @throws UvsError INVALID_ARGUMENT where nothing was said */
export function requiredReason(option: string, given: string | undefined): string {
  const reason = checked('--reason', reasonSchema, given ?? '');
  if (reason !== '') return reason;
  throw new UvsError('INVALID_ARGUMENT', `it is not said why, which ${option} needs`, {
    hint: 'Add --reason "…": it is kept in the history of this node and in the audit log of its cluster.',
  });
}

/** @throws UvsError INVALID_ARGUMENT */
export function checked(option: string, schema: v.GenericSchema<string, string>, value: string): string {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw new UvsError('INVALID_ARGUMENT', `${option}: "${value}" ${result.issues[0].message}`);
}

export function rootFileOption(): Option {
  return new Option(
    '--root-file <file>',
    'package root file to trust, where this node knows none yet; else its own counts, and only a chain file that follows it is taken',
  );
}
