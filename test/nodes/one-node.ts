import { BootedNodes, whyNoBootedNodes } from './booted-nodes.ts';
import { SLOWER } from './command-line.ts';
import type { NodeShell } from './node-shell.ts';
import { VirtualNode } from './virtual-node.ts';

/** `make test-cgroups` runs the tests of one node on a virtual machine, which has control groups of version 2 wherever it runs. */
const isVirtual = process.env['UVS_TEST_NODE'] === 'virtual';

/** One booted node. */
export class OneNode implements AsyncDisposable {
  readonly node: NodeShell;
  /** How many times as long as on this machine something takes there. */
  readonly slowness = isVirtual ? SLOWER : 1;
  readonly #bed: AsyncDisposable;

  private constructor(node: NodeShell, bed: AsyncDisposable) {
    this.node = node;
    this.#bed = bed;
  }

  /** @param binds folders of this machine that it sees under the same path */
  static async start(binds: readonly string[]): Promise<OneNode> {
    if (isVirtual) {
      const node = await VirtualNode.start(binds);
      return new OneNode(node, node);
    }
    const bed = await BootedNodes.start(1, { binds });
    const [node] = bed.nodes;
    if (node === undefined) throw new Error('one node was asked for');
    return new OneNode(node, bed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bed[Symbol.asyncDispose]();
  }
}

/** Says why no node can be booted here; undefined: it can. */
export function whyNoNode(): string | undefined {
  return isVirtual ? undefined : whyNoBootedNodes();
}
