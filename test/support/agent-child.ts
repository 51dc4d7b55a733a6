import { join } from 'node:path';
import * as v from 'valibot';
import { apply } from '../../agent/commands/apply.ts';
import type { ConsoleNode } from '../../agent/commands/console.ts';
import { recover } from '../../agent/commands/recover.ts';
import { failpointNames } from '../../agent/failpoints.ts';
import type { SlotKeeper } from '../../agent/ports.ts';
import { sampleFacts, sampleToken } from './sample-node.ts';

/** An agent that does one command and may be told where to die; its order is the only argument, as JSON. */
const order = v.parse(
  v.object({
    command: v.picklist(['apply', 'recover']),
    root: v.string(),
    rootFile: v.string(),
    file: v.optional(v.string(), ''),
    dieAt: v.optional(v.picklist(failpointNames)),
    hasSlots: v.optional(v.boolean(), false),
    markEveryBytes: v.optional(v.number(), 64 * 1024 * 1024),
  }),
  JSON.parse(process.argv[2] ?? ''),
);

const yes = () => Promise.resolve({ isYes: true, reason: '' });
const grantAtOnce: SlotKeeper = {
  awaitGrant: () => Promise.resolve(sampleToken),
  begin: yes,
  confirm: yes,
  judge: () => Promise.resolve({ verdict: 'healthy', reason: '' }),
};
const node: ConsoleNode = {
  root: order.root,
  statePath: join(order.root, 'var/lib/uvs-agent'),
  rootFile: order.rootFile,
  nodeName: 'node-1',
  hasJoined: false,
  facts: () => Promise.resolve(sampleFacts),
  print: (line) => process.stdout.write(`${line}\n`),
  failpoints: {
    pass: (point) => {
      if (point === order.dieAt) process.kill(process.pid, 'SIGKILL');
    },
  },
  limits: { markEveryBytes: order.markEveryBytes },
};

if (order.command === 'recover') {
  await recover(node);
} else {
  const how = order.hasSlots ? { slots: grantAtOnce } : { noSlotReason: 'a test' };
  const ended = await apply(node, { file: order.file, ...how }, new AbortController().signal);
  process.exitCode = ended.outcome === 'installed' ? 0 : 1;
}
