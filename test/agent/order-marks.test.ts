import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { rollback } from '../../agent/commands/rollback.ts';
import { readMarks } from '../../agent/order-marks.ts';
import { install } from '../support/install.ts';
import { memoryNode } from '../support/memory-node.ts';
import { rollBack } from '../support/roll-back.ts';
import { atPoint, runOperation } from '../support/run-operation.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { file, type TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(200_000 * patience);

/** Builds a release of some components under one number. */
async function build(node: TestNode, name: string, seq: number, components: readonly string[] = ['uvs']): Promise<void> {
  const orders = Object.fromEntries(components.map((component) => [component, { epoch: 0, releaseSeq: seq }]));
  await node.build(name, { seq, version: name, components: orders, files: [file(`opt/${components.join('-')}`, name)], brings: {} });
}

async function back(node: TestNode, release: string): Promise<void> {
  t.match(await rollback(node.console(), { noSlotReason: 'a test', release }, new AbortController().signal), { outcome: 'done' }, release);
}

async function marks(node: TestNode): Promise<readonly string[]> {
  const { takenBack } = await readMarks({ path: node.statePath });
  return takenBack.map(({ component, releaseSeq }) => `${component} ${releaseSeq}`);
}

async function refuses(node: TestNode, name: string, reason: string): Promise<void> {
  t.match(await install(node, name), { outcome: 'failed', message: new RegExp(`^${reason}: `) }, name);
}

void t.test('what was taken back first is still known once something newer has come and was taken back too', async (t) => {
  using node = memoryNode();
  for (const [name, seq] of [
    ['one', 1],
    ['two', 2],
    ['other-two', 2],
    ['three', 3],
    ['other-three', 3],
    ['four', 4],
  ] as const)
    await build(node, name, seq);
  await install(node, 'one');
  await install(node, 'two');
  await back(node, 'two');
  t.strictSame(await marks(node), ['uvs 2']);
  await install(node, 'three');
  t.strictSame(await marks(node), [], 'what is installed says as much');
  await back(node, 'three');
  t.strictSame(await marks(node), ['uvs 3'], 'one for all that came before');
  await refuses(node, 'other-two', 'RELEASE_NOT_NEWER');
  await refuses(node, 'two', 'RELEASE_NOT_NEWER');
  await refuses(node, 'other-three', 'RELEASE_CONTENT_CHANGED');
  await install(node, 'four');
  t.strictSame(await marks(node), []);
});

void t.test('each component has its own, whatever becomes of another that came with it', async (t) => {
  using node = memoryNode();
  const both = ['a', 'b'];
  await build(node, 'both-1', 1, both);
  await build(node, 'both-5', 5, both);
  await build(node, 'a-6', 6, ['a']);
  await build(node, 'other-a-5', 5, ['a']);
  await build(node, 'other-b-5', 5, ['b']);
  await build(node, 'b-4', 4, ['b']);
  await install(node, 'both-1');
  await install(node, 'both-5');
  await back(node, 'both-5');
  t.strictSame(await marks(node), ['a 5', 'b 5']);
  await install(node, 'a-6');
  t.strictSame(await marks(node), ['b 5']);
  await refuses(node, 'other-b-5', 'RELEASE_CONTENT_CHANGED');
  await refuses(node, 'b-4', 'RELEASE_NOT_NEWER');
  await back(node, 'a-6');
  t.strictSame([...(await marks(node))].sort(), ['a 6', 'b 5']);
  await refuses(node, 'other-a-5', 'RELEASE_NOT_NEWER');
  await refuses(node, 'both-5', 'RELEASE_NOT_NEWER');
});

void t.test('however often releases are taken back, there is one mark for each component; an earlier agent wrote more', async (t) => {
  using node = memoryNode();
  await build(node, 'r1', 1);
  await install(node, 'r1');
  for (const seq of [2, 3, 4]) {
    await build(node, `r${seq}`, seq);
    await install(node, `r${seq}`);
    await back(node, `r${seq}`);
  }
  t.strictSame(await marks(node), ['uvs 4']);
  const path = join(node.statePath, 'order.json');
  const written: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const older = [2, 7, 3].map((releaseSeq) => ({
    component: 'uvs',
    version: `r${releaseSeq}`,
    epoch: 0,
    releaseSeq,
    manifestHash: String(releaseSeq).repeat(64),
  }));
  writeFileSync(path, JSON.stringify({ ...(typeof written === 'object' ? written : {}), takenBack: older }));
  await build(node, 'r5', 5);
  await refuses(node, 'r5', 'RELEASE_NOT_NEWER');
  await build(node, 'r8', 8);
  await install(node, 'r8');
  await back(node, 'r8');
  t.strictSame(await marks(node), ['uvs 8']);
});

void t.test('a damaged order.json is found, by name, before anything is changed, whenever it was damaged', async (t) => {
  const damage = (node: TestNode) => () => writeFileSync(join(node.statePath, 'order.json'), '{"settled": [');
  for (const point of ['', 'everything-staged', 'services-stopped']) {
    for (const way of ['forward', 'back']) {
      using node = memoryNode();
      for (const seq of [1, 2, 3]) await build(node, `r${seq}`, seq);
      for (const name of ['r1', 'r2']) await install(node, name);
      const before = snapshot(node.root, ['var/lib/uvs-agent']);
      if (point === '') damage(node)();
      const ports = atPoint(point, damage(node));
      const ended = await (way === 'forward' ? runOperation(node, 'r3', ports) : rollBack(node, ports));
      t.match(ended, { message: /^JOURNAL_CORRUPT: .*\/order\.json is damaged/ }, `${way} ${point}`);
      t.equal(ended.outcome, point === 'services-stopped' ? 'never-acted' : 'failed', `${way} ${point}`);
      t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), before, `${way} ${point}`);
      rmSync(join(node.statePath, 'order.json'));
      const again = await (way === 'forward' ? runOperation(node, 'r3', {}, 'op-again') : rollBack(node, {}, 'op-again'));
      t.match(again, { outcome: way === 'forward' ? 'installed' : 'done' }, 'as the hint says');
    }
  }
});
