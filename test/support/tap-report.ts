/** A line that ends a block of tap's report, of a file or of what is in it. */
const CLOSING = /^(?<not>not )?ok \d+ - (?<name>.*?)(?: # time=(?<ms>[\d.]+)ms.*)?(?: \{)?$/;
/** Beside each failure tap repeats the source around it and where it stands in parts, of which the stack says enough. */
const REPEATED = /^(?:source|at):/;
const MAX_FAILURE_LINES = 60;

/** One file that failed. */
export interface FailedFile {
  readonly file: string;
  /** Its failed assertions with what tap says of them, at most 60 lines. */
  readonly failures: readonly string[];
}

/** Makes of tap's report one block for each file, given out when its closing line has come: what it measured, or all of it where it failed. */
export class TapReport {
  readonly failed: FailedFile[] = [];
  #summary = '';
  #block: string[] = [];

  /** Takes the next line. @returns what to print after it */
  add(line: string): readonly string[] {
    if (line.startsWith('# { total:')) this.#summary = line;
    const closing = CLOSING.exec(line)?.groups;
    if (closing === undefined) {
      this.#block.push(line);
      return [];
    }
    const block = this.#block;
    this.#block = [];
    const file = closing['name'] ?? '';
    if (closing['not'] === undefined) {
      const seconds = (Number(closing['ms'] ?? 0) / 1000).toFixed(1);
      return [`ok     ${file} (${seconds} s)`, ...block.filter((each) => /^\s+# (?!time=|Subtest|\{)/.test(each)).map(indented)];
    }
    this.failed.push({ file, failures: failuresOf([...block, line]) });
    return [`FAILED ${file}`, ...block, line];
  }

  /** What the closing summary says of `pass`, `fail`, `skip` or `todo`; 0 where there was none. */
  count(field: 'pass' | 'fail' | 'skip' | 'todo'): number {
    return Number(new RegExp(`\\b${field}: (\\d+)`).exec(this.#summary)?.[1] ?? 0);
  }
}

function indented(line: string): string {
  return `       ${line.trim()}`;
}

/** Lines that say what failed, each with the block of YAML under it, without what that repeats. */
function failuresOf(block: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let isWithin = false;
  let leftOut: number | undefined;
  for (const line of block) {
    const text = line.trimStart();
    const indent = line.length - text.length;
    if (leftOut !== undefined && (indent > leftOut || text === '')) continue;
    leftOut = undefined;
    if (text.startsWith('not ok ')) kept.push(line);
    else if (text === '---') isWithin = true;
    else if (text === '...') isWithin = false;
    else if (isWithin && REPEATED.test(text)) leftOut = indent;
    else if (isWithin) kept.push(line);
  }
  return kept.length > MAX_FAILURE_LINES ? [...kept.slice(0, MAX_FAILURE_LINES), '…'] : kept;
}
