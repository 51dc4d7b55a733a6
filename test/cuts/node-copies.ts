import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestNode } from '../support/update-node.ts';
import { buildCutScenes } from './cut-scenes.ts';

/** A root that is removed when it is done with. */
export interface RootCopy extends Disposable {
  readonly path: string;
}

/** A folder on a file system that costs nothing to sync, where there is one. */
export function fastFolder(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

/** A node where the scenes begin, and copies of it. */
export class NodeCopies implements Disposable {
  readonly node: TestNode;
  readonly #template: string;
  #copies = 0;

  private constructor(node: TestNode, template: string) {
    this.node = node;
    this.#template = template;
  }

  static async prepare(): Promise<NodeCopies> {
    const node = new TestNode(fastFolder());
    await buildCutScenes(node);
    const template = join(node.directory, 'template');
    execFileSync('cp', ['-a', node.root, template]);
    return new NodeCopies(node, template);
  }

  copy(): RootCopy {
    this.#copies += 1;
    const path = join(this.node.directory, `root-${this.#copies}`);
    execFileSync('cp', ['-a', this.#template, path]);
    return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
  }

  /** Puts what a copy has into a directory that is there. */
  copyInto(directory: string): void {
    execFileSync('cp', ['-a', `${this.#template}/.`, directory]);
  }

  [Symbol.dispose](): void {
    this.node[Symbol.dispose]();
  }
}
