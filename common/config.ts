import { readFile } from 'node:fs/promises';
import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { UvsError } from './errors.ts';

const MAX_CONFIG_BYTES = 1024 * 1024;

type Schema = v.GenericSchema<unknown, unknown>;

/**
 * Reads a TOML file into a typed configuration. The schema should be made of strictObject, so that an unknown key is an error.
 * @param fallback what a missing file stands for, as if read; undefined: the file must exist.
 * @throws UvsError CONFIG_INVALID naming the file and the key or line.
 */
export async function readConfig<S extends Schema>(
  path: string,
  schema: S,
  fallback?: string,
  missingHint = 'Name it with --config.',
): Promise<v.InferOutput<S>> {
  return parseConfig(await readText(path, fallback, missingHint), path, schema);
}

/** Parses a TOML text; `path` is only named in errors. */
export function parseConfig<S extends Schema>(text: string, path: string, schema: S): v.InferOutput<S> {
  const result = v.safeParse(schema, parseToml(text, path));
  if (result.success) return result.output;
  // a misspelt key is unknown in one place and missing in another: the first is what the reader can see in the file
  throw complaint(path, result.issues.find(isUnknownKey) ?? result.issues[0]);
}

async function readText(path: string, fallback: string | undefined, missingHint: string): Promise<string> {
  try {
    const text = await readFile(path, 'utf8');
    if (text.length > MAX_CONFIG_BYTES) throw new UvsError('CONFIG_INVALID', `${path} is larger than ${MAX_CONFIG_BYTES} bytes`);
    return text;
  } catch (error) {
    if (error instanceof UvsError) throw error;
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing && fallback !== undefined) return fallback;
    throw new UvsError('CONFIG_INVALID', `cannot read the configuration file ${path}`, {
      cause: error,
      hint: isMissing ? missingHint : 'Check its owner and mode.',
    });
  }
}

function parseToml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = 'not TOML'] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw new UvsError('CONFIG_INVALID', `${path}, line ${error.line}: ${what}`, { cause: error });
  }
}

function complaint(path: string, issue: v.BaseIssue<unknown>): UvsError {
  const key = v.getDotPath(issue) ?? '';
  if (isUnknownKey(issue)) {
    return new UvsError('CONFIG_INVALID', `${path}: unknown key '${key}'`, {
      hint: 'Check its spelling and the table it stands in.',
      details: { key },
    });
  }
  if (issue.type === 'strict_object') return new UvsError('CONFIG_INVALID', `${path}: the key '${key}' is missing`, { details: { key } });
  return new UvsError('CONFIG_INVALID', `${path}: '${key}': ${issue.message}`, { details: { key } });
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never';
}
