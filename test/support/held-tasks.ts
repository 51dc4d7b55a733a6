import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

/** Tasks that stop where a test wants and tell that they are there; both through files. */
export class HeldTasks {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true });
  }

  /** Shell text for a task that can be held at a place of this name. */
  text(place: string): string {
    const file = `${this.#dir}/${place}.$UVS_NODE_NAME`;
    return `if [ -f "${file}" ]; then : > "${file}.reached"; while [ -f "${file}" ]; do sleep 0.02; done; fi`;
  }

  /** From now on the node's task stops at the place. */
  hold(place: string, node: string): void {
    rmSync(`${this.#file(place, node)}.reached`, { force: true });
    writeFileSync(this.#file(place, node), '');
  }

  /** Resolves once the task is there. */
  async reached(place: string, node: string, deadlineMs = 40_000): Promise<void> {
    await eventually(`the task of ${node} is at ${place}`, () => existsSync(`${this.#file(place, node)}.reached`), deadlineMs);
  }

  release(place: string, node: string): void {
    rmSync(this.#file(place, node), { force: true });
  }

  #file(place: string, node: string): string {
    return join(this.#dir, `${place}.${node}`);
  }
}
