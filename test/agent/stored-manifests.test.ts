import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readStatus } from '../../agent/commands/status.ts';
import { install } from '../support/install.ts';
import { memoryNode } from '../support/memory-node.ts';
import { rollBack } from '../support/roll-back.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { file } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(100_000 * patience);

/** What becomes of a stored manifest. */
const damages: Readonly<Record<string, (path: string) => void>> = {
  damaged: (path) => writeFileSync(path, readFileSync(path, 'utf8').replace('"config":"replace"', '"config":"keep"')),
  missing: (path) => rmSync(path),
};

void t.test('a stored manifest that is another than was stored is used for nothing, and once it is there again all goes on', async (t) => {
  for (const [how, damage] of Object.entries(damages)) {
    for (const which of ['of the release', 'of the one before', 'of another component since'] as const) {
      using node = memoryNode();
      const local = { version: 'local-1', components: { local: { epoch: 0, releaseSeq: 1 } }, brings: {} };
      const built = {
        'of the one before': await node.build('one', { seq: 1, files: [file('opt/a', 'one')] }),
        'of the release': await node.build('two', { seq: 2, files: [file('opt/a', 'two')] }),
        'of another component since': await node.build('local', { seq: 1, ...local, files: [file('srv/a', 'local')] }),
      };
      for (const name of ['one', 'two', 'local']) await install(node, name);
      const path = join(node.statePath, 'releases', built[which].manifestHash);
      const stored = readFileSync(path);
      damage(path);
      const before = snapshot(node.root, ['var/lib/uvs-agent']);
      const reason = which === 'of another component since' ? 'JOURNAL_CORRUPT' : 'NO_WAY_BACK';
      const says = new RegExp(`^${reason}: the stored manifest .*${built[which].manifestHash} is ${how}$`);
      const ended = await rollBack(node, {});
      t.match(ended, { outcome: 'failed', message: says }, `${how}, ${which}`);
      t.match(ended.outputTail, /from another node that has that release/);
      t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), before);
      if (which !== 'of the one before') {
        await node.build('three', { seq: 3, files: [file('opt/a', 'three')] });
        t.match(await install(node, 'three'), { outcome: 'failed', message: /^JOURNAL_CORRUPT: the stored manifest / }, 'forward as well');
      }
      writeFileSync(path, stored);
      t.match((await readStatus(node)).installed.components.length, 2);
      t.match(await rollBack(node, {}, 'op-again'), { outcome: 'done' });
    }
  }
});
