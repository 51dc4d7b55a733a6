import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { apply } from '../../agent/commands/apply.ts';
import { recover } from '../../agent/commands/recover.ts';
import { rollback } from '../../agent/commands/rollback.ts';
import { onDiskAct } from '../../common/disk-act.ts';
import type { CutScene } from './cut-scenes.ts';
import { expectedSide } from './expected-side.ts';
import { managedTree } from './managed-tree.ts';
import type { NodeCopies } from './node-copies.ts';
import { PointNames } from './point-names.ts';
import { bothSides, judgeRoot, type Tally } from './verdicts.ts';

/**
 * Copies the root at every point of one run and recovers each copy: what an agent leaves that is killed there, for a third of the cost of killing one.
 */
export async function freezeAtEach(copies: NodeCopies, scene: CutScene, tally: Tally): Promise<void> {
  const { node } = copies;
  using root = copies.copy(scene);
  const names = new PointNames(root.path);
  const frozen: { readonly point: string; readonly path: string }[] = [];
  const freeze = (point: string): void => {
    const path = `${root.path}.frozen-${frozen.length}`;
    execFileSync('cp', ['-a', root.path, path]);
    frozen.push({ point, path });
  };
  const before = managedTree(root.path);
  {
    using _ = onDiskAct((act) => freeze(names.act(act)));
    const console = { ...node.console(root.path), failpoints: { pass: (name: string) => freeze(names.failpoint(name)) } };
    const [how, never] = [{ noSlotReason: 'a test' }, new AbortController().signal] as const;
    await (scene.way === 'rollback'
      ? rollback(console, how, never)
      : apply(console, { file: node.packagePath(scene.package), ...how }, never));
  }
  const sides = bothSides(scene, before, managedTree(root.path));
  const points = frozen.map(({ point }) => point);
  for (const { point, path } of frozen) {
    await recover(node.console(path));
    const { side, complaints } = await judgeRoot(path, sides);
    tally.add(`${scene.name}, frozen at ${point}`, side, complaints, expectedSide(scene, points, point));
    rmSync(path, { recursive: true });
  }
}
