import { existsSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { recover } from '../../agent/commands/recover.ts';
import { readStatus } from '../../agent/commands/status.ts';
import type { FailpointName } from '../../agent/failpoints.ts';
import { Journal } from '../../agent/journal.ts';
import type { Ended } from '../../agent/ports.ts';
import { UvsError } from '../../common/errors.ts';
import { errorOf } from '../support/failure.ts';
import { memoryNode } from '../support/memory-node.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { bundleChild, directory, file, runChild, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(200_000 * patience);
const programs = new TestNode();
const program = await bundleChild(programs.directory);
t.teardown(() => programs[Symbol.dispose]());
const skip = process.getuid?.() === 0 ? false : 'needs root to mount a disk';

/** Lets the agent die while it brings a release. @returns the operation */
async function interrupted(node: TestNode, dieAt: FailpointName): Promise<string> {
  await node.build('one', { seq: 1, files: [directory('opt'), file('opt/a', 'one')] });
  const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('one'), dieAt } as const;
  const died = await runChild(program, order);
  if (died.signal !== 'SIGKILL') throw new Error(`it did not come to ${dieAt}: ${died.output}`);
  return (await readStatus(node)).operations[0]?.operation ?? '';
}

function accept(node: TestNode, operation: string, isMixed = false): Promise<readonly Ended[]> {
  return recover(node.console(), { operation, reason: 'seen', isMixed });
}

async function endsOf(node: TestNode): Promise<readonly string[]> {
  return (await Journal.read(node.statePath)).flatMap((record) => (record.kind === 'ended' ? [record.outcome] : []));
}

void t.test('an end that is recorded is never given up: what follows from it is done when it can be', async (t) => {
  using node = memoryNode();
  const operation = await interrupted(node, 'confirming-recorded');
  const lost = new UvsError('NOT_FOUND', 'a file system is lost');
  const pass = (point: string): void => {
    if (point === 'done-recorded') throw lost;
  };
  const error = await errorOf(recover({ ...node.console(), failpoints: { pass } }, { operation, reason: 'seen', isMixed: false }));
  t.match(error, { reason: 'NOT_FOUND', message: `${operation} can't be brought to its end now, and was not given up: ${lost.message}` });
  t.strictSame(await endsOf(node), ['installed']);
  t.match(await accept(node, operation), [{ operation, outcome: 'installed' }]);
  t.equal(node.printed.at(-1), `${operation} had ended before: nothing had to be accepted.`);
  t.match(await readStatus(node), { installed: { components: [{ version: '2.14.1' }] }, operations: { length: 0 } });
});

void t.test('a recovery that a full disk keeps from its end is not given up, however little room there is', { skip }, async (t) => {
  const counts = { kept: 0, atOnce: 0 };
  for (let pages = 0; pages <= 6; pages += 1) {
    using folder = new TestNode();
    using disk = SmallDisk.mount(join(folder.directory, 'disk'), 8);
    if (disk === undefined) throw new Error('this machine mounts no tmpfs');
    const node = new TestNode(disk.path);
    const operation = await interrupted(node, 'confirming-recorded');
    disk.fill();
    const filler = join(disk.path, 'filler');
    truncateSync(filler, Math.floor(statSync(filler).size / 4096 - pages) * 4096);
    const come = await accept(node, operation).then(
      (ended) => ended[0]?.outcome ?? 'none',
      (error: unknown) => error,
    );
    t.notOk((await endsOf(node)).includes('needs-operator'), `${pages} pages`);
    if (come instanceof Error) {
      counts.kept += 1;
      t.match(come, { reason: 'NO_SPACE', hint: /^Free space/ }, `${pages} pages`);
      disk.free();
      t.match(await accept(node, operation), [{ operation, outcome: /^(installed|rolled-back)$/ }], `${pages} pages, with room`);
    } else {
      counts.atOnce += 1;
      t.match(come, /^(installed|rolled-back)$/, `${pages} pages`);
    }
    const { installed, operations } = await readStatus(node);
    t.strictSame(operations, [], `${pages} pages`);
    t.equal(installed.components.length === 1, existsSync(join(node.root, 'opt/a')), `${pages} pages: what is remembered is there`);
  }
  t.comment(counts);
  t.ok(counts.kept > 0, 'it has met what it is for');
});

void t.test('a recovery whose plan is lost is given up, by the one record that this takes, and can be ended', async (t) => {
  for (const name of ['plan.json', 'head.json']) {
    using node = memoryNode();
    const operation = await interrupted(node, 'half-of-files-renamed');
    rmSync(join(node.statePath, 'operations', operation, name));
    t.match(await accept(node, operation), [
      {
        outcome: 'needs-operator',
        message: new RegExp(
          `^NEEDS_OPERATOR: an operator gave up its recovery in committing: .*${name}, which the journal tells of, is missing`,
        ),
      },
    ]);
    t.match(await accept(node, operation, true), [{ outcome: 'failed' }], name);
    t.strictSame((await readStatus(node)).operations, [], name);
  }
});
