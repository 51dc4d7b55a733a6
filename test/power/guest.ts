import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { apply } from '../../agent/commands/apply.ts';
import type { ConsoleNode } from '../../agent/commands/console.ts';
import { recover } from '../../agent/commands/recover.ts';
import { readStatus } from '../../agent/commands/status.ts';
import { onDiskAct } from '../../common/disk-act.ts';
import { sampleFacts } from '../support/sample-node.ts';
import { snapshot } from '../support/tree-snapshot.ts';

/** What runs in the machine: one command of the agent on the node's disk, every point that it passes told on the console. */
const [, order = ''] = /\buvs=(\S+)/.exec(readFileSync('/proc/cmdline', 'utf8')) ?? [];
const [command, name = ''] = order.split(',');
const root = '/node';
let points = 0;
const pass = (point: string): void => say(`point ${(points += 1)} ${point}`);

function say(line: string): void {
  writeSync(1, `\n@${line}\n`);
}

const node: ConsoleNode = {
  root,
  statePath: join(root, 'var/lib/uvs-agent'),
  rootFile: '/packages/root.json',
  nodeName: 'node-1',
  hasJoined: false,
  facts: () => Promise.resolve(sampleFacts),
  print: () => undefined,
  failpoints: { pass },
  bounds: { markEveryBytes: 1 },
};

using _ = onDiskAct(({ kind, path }) => pass(`${kind} ${path}`));
if (command === 'apply') {
  const ended = await apply(node, { file: `/packages/${name}.upd`, noSlotReason: 'a test' }, new AbortController().signal);
  say(`ended ${ended.outcome}`);
} else {
  for (const { outcome } of await recover(node)) say(`recovered ${outcome}`);
  const { installed } = await readStatus(node);
  say(`installed ${installed.components[0]?.releaseSeq ?? 0}`);
  for (const line of snapshot(root, ['var/lib/uvs-agent', 'lost+found'])) say(`path ${line}`);
  say('whole');
}
