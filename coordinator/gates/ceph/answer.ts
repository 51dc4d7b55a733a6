import * as v from 'valibot';
import { UvsError } from '../../../common/errors.ts';
import type { AskCeph, CephOutput } from './cli.ts';

/**
 * Asks for JSON and reads it. Keys that are not asked for are let through: each release of Ceph adds some.
 * @throws UvsError what `AskCeph` throws; PERMISSION_DENIED; UNREACHABLE where there is no answer or one that can't be understood.
 */
export async function askJson<Schema extends v.GenericSchema>(
  ask: AskCeph,
  command: readonly string[],
  schema: Schema,
  signal: AbortSignal,
): Promise<v.InferOutput<Schema>> {
  return readJson(succeeded(await ask(command, signal), command).stdout, command, schema);
}

/** @throws UvsError UNREACHABLE naming the command and the field */
export function readJson<Schema extends v.GenericSchema>(text: string, command: readonly string[], schema: Schema): v.InferOutput<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UvsError('UNREACHABLE', `ceph ${command.join(' ')} answered with no JSON`, { cause });
  }
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new UvsError('UNREACHABLE', `ceph ${command.join(' ')} can't be understood: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}`, {
    hint: 'Is this a release of Ceph that UVS knows? See docs/ceph.md.',
  });
}

/** @throws UvsError PERMISSION_DENIED or UNREACHABLE with what Ceph said, where the command failed */
export function succeeded(output: CephOutput, command: readonly string[]): CephOutput {
  if (output.code === 0) return output;
  const shown = `ceph ${command.slice(0, 6).join(' ')}`;
  const said = output.remark === '' ? `exit status ${output.code}` : output.remark;
  if (output.code === EACCES) {
    throw new UvsError('PERMISSION_DENIED', `${shown}: ${said}`, { hint: 'Give the key the capabilities of docs/ceph.md.' });
  }
  throw new UvsError('UNREACHABLE', `${shown}: ${said}`);
}

/** errno(3) of Linux, with which commands of Ceph exit. */
export const EACCES = 13;
export const EBUSY = 16;
export const EINVAL = 22;
export const EOPNOTSUPP = 95;

/** Names and ids as Ceph tells them; what is shown of them has no control characters. */
export const word = v.pipe(v.string(), v.maxLength(512), v.regex(/^\P{Cc}*$/u));
export const count = v.pipe(v.number(), v.safeInteger());
