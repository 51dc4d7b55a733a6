import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { UvsError } from '../../common/errors.ts';

const text = v.pipe(v.string(), v.nonEmpty('it is empty'));
const texts = v.optional(v.array(text), []);
const number = v.pipe(v.number(), v.safeInteger());
const octal = v.pipe(v.string(), v.regex(/^[0-7]{3,4}$/, 'expected an octal mode in quotes, e.g. "0755"'));
const owner = v.pipe(v.string(), v.regex(/^[0-9]+:[0-9]+$/, 'expected numbers UID:GID in quotes, e.g. "0:0"'));
const order = v.strictObject({ releaseSeq: number, epoch: v.optional(number, 0) });

const rule = v.strictObject({
  match: text,
  mode: v.optional(octal),
  owner: v.optional(owner),
  config: v.optional(v.picklist(['replace', 'keep', 'new-beside'])),
  xattrs: v.optional(v.record(v.string(), v.string())),
});
/** One path, so that nothing is let in that nobody has thought of. */
const exact = v.pipe(text, v.regex(/^[^*?[\]{}]+$/, 'expected the path of one file below the source, without wildcards'));
const tree = v.strictObject({
  source: text,
  destination: text,
  owner: v.optional(owner, '0:0'),
  modes: v.optional(v.picklist(['normal', 'source']), 'normal'),
  xattrs: v.optional(v.picklist(['rules', 'source']), 'rules'),
  directories: v.optional(v.boolean(), true),
  hardLinks: v.optional(v.boolean(), false),
  privileged: v.optional(v.array(exact), []),
  exclude: texts,
  rules: v.optional(v.array(rule), []),
});
const task = v.strictObject({
  stage: v.picklist(['pre', 'post', 'cleanup']),
  name: text,
  program: text,
  args: v.optional(v.array(v.string()), []),
  timeoutSeconds: number,
  idempotent: v.boolean(),
});
const target = v.strictObject({
  distro: v.optional(v.string(), ''),
  distroVersions: texts,
  archs: texts,
  boards: texts,
  roles: texts,
});

const barrier = v.strictObject({ sentence: text, oncePath: v.optional(text), onceUnits: v.optional(v.array(text)) });

const specSchema = v.strictObject({
  product: text,
  version: text,
  releaseSeq: v.optional(number),
  epoch: v.optional(number),
  components: v.optional(v.record(v.string(), order)),
  minAgent: v.optional(text),
  kind: v.optional(v.picklist(['full', 'partial']), 'full'),
  base: v.optional(text),
  requires: texts,
  reboot: v.optional(v.boolean(), false),
  services: texts,
  target: v.optional(target, {}),
  brings: v.optional(v.record(v.string(), text), {}),
  trees: v.optional(v.array(tree), []),
  symlinks: v.optional(v.array(v.strictObject({ path: text, target: text, owner: v.optional(owner, '0:0') })), []),
  remove: texts,
  tasks: v.optional(v.array(task), []),
  barrier: v.optional(barrier),
});

/** A build spec as written in TOML, defaults filled in. `upd build --help` and docs/package-format.md describe it. */
export type BuildSpec = v.InferOutput<typeof specSchema>;
export type TreeSpec = v.InferOutput<typeof tree>;
export type BarrierSpec = v.InferOutput<typeof barrier>;
export type TreeRule = v.InferOutput<typeof rule>;

/** Parses a spec. @param where names the file in errors. @throws UvsError CONFIG_INVALID */
export function parseBuildSpec(toml: string, where: string): BuildSpec {
  let parsed: unknown;
  try {
    parsed = parse(toml);
  } catch (error) {
    const line = error instanceof TomlError ? ` at line ${error.line}, column ${error.column}` : '';
    const [problem = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new UvsError('CONFIG_INVALID', `${where} is not TOML${line}: ${problem.replace(/^Invalid TOML document: /, '')}.`, {
      hint: 'Texts stand in quotes, and each key on a line of its own: "upd build --help" shows a whole spec.',
      cause: error,
    });
  }
  const result = v.safeParse(specSchema, parsed);
  if (result.success) return result.output;
  // a key that is missing may only be misspelt, and then that is what has to be said
  const unknown = result.issues.find((one) => one.type === 'strict_object' && one.expected === 'never');
  const issue = unknown ?? result.issues[0];
  const path = v.getDotPath(issue) ?? '';
  if (unknown !== undefined) {
    throw new UvsError('CONFIG_INVALID', `${where}: the key "${path}" is unknown.`, { hint: 'See "upd build --help" for all keys.' });
  }
  const problem = issue.received === 'undefined' ? `"${path}" is missing` : `"${path}" is wrong: ${issue.message}`;
  throw new UvsError('CONFIG_INVALID', `${where}: ${problem}.`, { hint: 'See "upd build --help" for all keys.' });
}
