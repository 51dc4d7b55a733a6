import * as v from 'valibot';
import { UvsError } from '../../../common/errors.ts';
import type { Ceph, CephOutput } from './cli.ts';
import { failure } from './failure.ts';
import { parseLooseJson } from './json-documents.ts';
import { answerText } from './text.ts';

/** Reads the answer to one of the commands that were asked together. @throws UvsError UNREACHABLE where it can't be understood */
export type ReadAnswer = <Schema extends v.GenericSchema>(command: readonly string[], schema: Schema) => v.InferOutput<Schema>;

/** Asks several things in one run of the program. @throws UvsError what `Ceph.askAll` throws */
export async function askTogether(ceph: Ceph, commands: readonly (readonly string[])[], signal: AbortSignal): Promise<ReadAnswer> {
  const texts = await ceph.askAll(commands, signal);
  return (command, schema) => readJson(texts[commands.indexOf(command)] ?? '', command, schema);
}

/** Asks for JSON and reads it. Keys that are not asked for are let through: each release of Ceph adds some. @throws as `askTogether` */
export async function askJson<Schema extends v.GenericSchema>(
  ceph: Ceph,
  command: readonly string[],
  schema: Schema,
  signal: AbortSignal,
): Promise<v.InferOutput<Schema>> {
  return readJson(succeeded(await ceph.ask(command, signal), command).stdout, command, schema);
}

/** @throws UvsError UNREACHABLE naming the command and the field */
export function readJson<Schema extends v.GenericSchema>(text: string, command: readonly string[], schema: Schema): v.InferOutput<Schema> {
  let value: unknown;
  try {
    value = parseLooseJson(text);
  } catch (cause) {
    const why = v.parse(answerText, cause instanceof Error ? cause.message : String(cause));
    throw new UvsError('UNREACHABLE', `ceph ${command.join(' ')} answered with no JSON: ${why}`, { cause });
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
  throw failure(output.code, `ceph ${command.slice(0, 6).join(' ')}`, output.remark);
}

/** Names and ids as Ceph tells them; what is shown of them has no control characters. */
export const word = v.pipe(v.string(), v.maxLength(512), v.regex(/^\P{Cc}*$/u));
export const count = v.pipe(v.number(), v.safeInteger());

/** Reads an object whose keys are names that Ceph gives, into a map: a host may be called "constructor", which a record of valibot leaves out. */
export function byName<Schema extends v.GenericSchema>(value: Schema) {
  return v.pipe(
    v.custom<object>((input) => typeof input === 'object' && input !== null && !Array.isArray(input), 'it must be an object'),
    v.transform((input): readonly (readonly [string, unknown])[] => Object.entries(input)),
    v.array(v.tuple([word, value])),
    v.transform((entries) => new Map(entries)),
  );
}
