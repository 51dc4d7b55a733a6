import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import type { MiniCeph } from './mini-ceph.ts';

/** Ceph's packages bring their bindings for this one, whatever else is on the PATH. */
const PYTHON = '/usr/bin/python3';
const seenSchema = v.object({
  operations: v.number(),
  errors: v.array(v.string()),
  /** In seconds: one write and one read. */
  slowest: v.number(),
  /** How often placement groups were seen in which state. */
  states: v.record(v.string(), v.number()),
  /** In seconds: the longest that one was seen without service at a stretch. */
  unserved: v.number(),
});

export type Seen = v.InferOutput<typeof seenSchema>;

/** A client of the storage that writes and reads all the while; see client.py. */
export class BusyClient {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.#child = child;
    this.#lines = lines;
  }

  static async start(ceph: MiniCeph, user: string, pool: string): Promise<BusyClient> {
    const script = fileURLToPath(new URL('client.py', import.meta.url));
    const args = ['--pdeathsig=KILL', PYTHON, script, ceph.conf, user, ceph.keyring(user), pool];
    const child = spawn('setpriv', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const client = new BusyClient(child, lines);
    if ((await client.#line()) !== 'ready') throw new Error('the client of the storage does not work');
    return client;
  }

  /** Ends it. @returns what it saw */
  async end(): Promise<Seen> {
    this.#child.stdin?.end();
    return v.parse(seenSchema, JSON.parse(await this.#line()));
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true)
      throw new Error(`the client of the storage has ended (${this.#child.exitCode ?? this.#child.signalCode ?? 'early'})`);
    return value;
  }
}
