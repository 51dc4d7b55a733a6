import { exitCodes } from '../../cli/exit-codes.ts';
import type { Reason } from '../../common/errors.ts';
import { run, type Finished, type Program } from './programs.ts';

/** A command line that must be refused, and how. */
export interface Mistake {
  readonly what: string;
  readonly program: Program;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly reason: Reason;
  /** What is wrong, as the sentence names it to the operator. */
  readonly names: readonly (string | RegExp)[];
  /** What it says can be done. */
  readonly hint: string | RegExp;
}

interface Asserter {
  equal(found: unknown, wanted: unknown, message: string): boolean;
  match(found: unknown, pattern: unknown, message: string): boolean;
  notMatch(found: unknown, pattern: unknown, message: string): boolean;
  same(found: unknown, wanted: unknown, message: string): boolean;
}

/** As many as one person may have uploads begun at a coordinator: with more it would be told that. */
const AT_ONCE = 4;

/**
 * Makes mistakes, a few at once, and looks at what each gets: the exit code of its reason, one sentence that names what is wrong, what to do; and
 * at what must be the same afterwards.
 */
export async function refused(t: Asserter, mistakes: readonly Mistake[], everything: () => unknown): Promise<void> {
  const before = everything();
  for (let from = 0; from < mistakes.length; from += AT_ONCE) {
    const made = await Promise.all(
      mistakes.slice(from, from + AT_ONCE).map(async (mistake) => {
        const { program, args, env } = mistake;
        return { mistake, finished: await run(program, args, env === undefined ? {} : { env }) };
      }),
    );
    for (const { mistake, finished } of made) judge(t, mistake, finished);
  }
  t.same(everything(), before, `${mistakes.map(({ what }) => what).join(', ')}: nothing has changed`);
}

function judge(t: Asserter, { what, program, reason, names, hint }: Mistake, { code, stdout, stderr }: Finished): void {
  t.equal(code, exitCodes[reason], `${what}: exit code of ${reason}\n${stdout}${stderr}`);
  const sentence = stderr.split('\n').find((line) => line.startsWith(`${program}: `)) ?? '';
  t.match(stdout + stderr, reason, `${what}: the reason can be searched for`);
  for (const name of names) t.match(sentence, name, `${what}: the sentence names it: ${sentence}`);
  // The agent's console tells it among the lines of the operation.
  t.match(program === 'uvs-agent' ? stdout + stderr : stderr, hint, `${what}: it says what to do: ${stderr}`);
  t.notMatch(stderr, /^\s+at /mu, `${what}: no stack of calls`);
}
