import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { apply } from '../../agent/commands/apply.ts';
import type { ConsoleNode } from '../../agent/commands/console.ts';
import { recover } from '../../agent/commands/recover.ts';
import { rollback } from '../../agent/commands/rollback.ts';
import type { SlotKeeper } from '../../agent/ports.ts';
import { onDiskAct } from '../../common/disk-act.ts';
import { PointNames } from '../cuts/point-names.ts';
import { sampleFacts, sampleToken } from './sample-node.ts';

/** An agent that does one command and may be told where to die; its order is the only argument, as JSON. */
const order = v.parse(
  v.object({
    command: v.picklist(['apply', 'recover', 'rollback']),
    root: v.string(),
    rootFile: v.string(),
    file: v.optional(v.string(), ''),
    accept: v.optional(v.string()),
    dieAt: v.optional(v.string()),
    trace: v.optional(v.string()),
    hasSlots: v.optional(v.boolean(), false),
    systemctl: v.optional(v.array(v.string())),
    markEveryBytes: v.optional(v.number(), 64 * 1024 * 1024),
  }),
  JSON.parse(process.argv[2] ?? ''),
);

const names = new PointNames(order.root);
const pass = (point: string): void => {
  if (order.trace !== undefined) appendFileSync(order.trace, `${point}\n`);
  if (point === order.dieAt) process.kill(process.pid, 'SIGKILL');
};
onDiskAct((act) => pass(names.act(act)));

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
  ...(order.systemctl === undefined ? {} : { sandboxSystemctl: order.systemctl }),
  failpoints: { pass: (point) => pass(names.failpoint(point)) },
  bounds: { markEveryBytes: order.markEveryBytes },
};

if (order.command === 'recover') {
  await recover(node, order.accept === undefined ? undefined : { operation: order.accept, reason: 'seen', isMixed: false });
} else {
  const how = order.hasSlots ? { slots: grantAtOnce } : { noSlotReason: 'a test' };
  const never = new AbortController().signal;
  const ended = await (order.command === 'rollback' ? rollback(node, how, never) : apply(node, { file: order.file, ...how }, never));
  process.exitCode = ended.outcome === 'installed' || ended.outcome === 'done' ? 0 : 1;
}
