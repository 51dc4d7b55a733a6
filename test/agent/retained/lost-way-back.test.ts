import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { RETAINED_NAME } from '../../../agent/files/forbidden.ts';
import { install } from '../../support/install.ts';
import { memoryNode } from '../../support/memory-node.ts';
import { file } from '../../support/update-node.ts';

void t.test('a release whose originals could not be retained is installed, and its end says that there is no way back', async (t) => {
  using node = memoryNode();
  for (const seq of [1, 2]) await node.build(`r${seq}`, { seq, files: [file('opt/a', `r${seq}`)] });
  t.match(await install(node, 'r1'), { outcome: 'installed', message: /^2\.14\.1 is installed$/ }, 'a first release is to have none');
  // in its place, so that no directory can be made
  writeFileSync(join(node.root, RETAINED_NAME), '');
  t.match(await install(node, 'r2'), {
    outcome: 'installed',
    message: /^2\.14\.2 is installed; the node can't go back: what was before could not be retained: ./,
  });
});
