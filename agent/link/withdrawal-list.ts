import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { UvsError } from '../../common/errors.ts';
import { MAX_WITHDRAWALS } from './messages.ts';

const schema = v.strictObject({
  counter: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  fingerprints: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))), v.maxLength(MAX_WITHDRAWALS)),
});

/** The certificates that are no longer good, as the node last heard; it only ever grows, so that no older list can bring one back. */
export class WithdrawalList {
  readonly #path: string;
  #counter: number;
  #fingerprints: ReadonlySet<string>;

  private constructor(path: string, counter: number, fingerprints: ReadonlySet<string>) {
    this.#path = path;
    this.#counter = counter;
    this.#fingerprints = fingerprints;
  }

  /** Reads the stored list; empty where there is none. @throws UvsError CONFIG_INVALID where it is damaged: a lost list must not go unseen. */
  static async open(path: string): Promise<WithdrawalList> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new WithdrawalList(path, 0, new Set());
      throw error;
    }
    try {
      const { counter, fingerprints } = v.parse(schema, JSON.parse(text));
      return new WithdrawalList(path, counter, new Set(fingerprints));
    } catch (cause) {
      const hint = 'Move the file away; the coordinator sends the list again at the next contact.';
      throw new UvsError('CONFIG_INVALID', `the list of withdrawn certificates ${path} is damaged`, { cause, hint });
    }
  }

  get counter(): number {
    return this.#counter;
  }

  has(fingerprint: string): boolean {
    return this.#fingerprints.has(fingerprint);
  }

  /**
   * Adds what a list holds: a certificate that was withdrawn once stays so, also when a restored coordinator has forgotten it. Holds at once,
   * is durable when this resolves. False: nothing was new.
   */
  async update(counter: number, fingerprints: readonly string[]): Promise<boolean> {
    if (counter <= this.#counter && fingerprints.every((one) => this.#fingerprints.has(one))) return false;
    this.#counter = Math.max(counter, this.#counter);
    this.#fingerprints = new Set([...fingerprints, ...this.#fingerprints].slice(0, MAX_WITHDRAWALS));
    await writeFileAtomically(this.#path, `${JSON.stringify({ counter: this.#counter, fingerprints: [...this.#fingerprints] })}\n`, 0o600);
    return true;
  }
}
