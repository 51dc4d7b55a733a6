import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestNode } from '../support/update-node.ts';
import { install } from '../support/install.ts';
import { buildCutScenes, type CutScene, type Way } from './cut-scenes.ts';

/** A root that is removed when it is done with. */
export interface RootCopy extends Disposable {
  readonly path: string;
}

/** A folder on a file system that costs nothing to sync, where there is one. */
export function fastFolder(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

/** A node where the scenes begin, and copies of it: with the old release, and with the new one that is taken back. */
export class NodeCopies implements Disposable {
  readonly node: TestNode;
  readonly #templates: Readonly<Record<Way, string>>;
  #copies = 0;

  private constructor(node: TestNode, templates: Readonly<Record<Way, string>>) {
    this.node = node;
    this.#templates = templates;
  }

  static async prepare(): Promise<NodeCopies> {
    const node = new TestNode(fastFolder());
    await buildCutScenes(node);
    const templates = { apply: join(node.directory, 'template'), rollback: join(node.directory, 'template-to-go-back') };
    for (const template of Object.values(templates)) execFileSync('cp', ['-a', node.root, template]);
    const { outcome, message } = await install(node, 'full', templates.rollback);
    if (outcome !== 'installed') throw new Error(`what is to be taken back did not come: ${message}`);
    return new NodeCopies(node, templates);
  }

  copy({ way }: Pick<CutScene, 'way'> = { way: 'apply' }): RootCopy {
    this.#copies += 1;
    const path = join(this.node.directory, `root-${this.#copies}`);
    execFileSync('cp', ['-a', this.#templates[way], path]);
    return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
  }

  /** Puts what a copy has into a directory that is there. */
  copyInto(directory: string, { way }: Pick<CutScene, 'way'>): void {
    execFileSync('cp', ['-a', `${this.#templates[way]}/.`, directory]);
  }

  [Symbol.dispose](): void {
    this.node[Symbol.dispose]();
  }
}
