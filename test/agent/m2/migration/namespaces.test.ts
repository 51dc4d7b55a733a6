import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { peerMounts, stillSeen, whoSees, type When } from '../../../../agent/m2/migration/namespaces.ts';
import { waitingProcess } from '../../../support/waiting-process.ts';

const whyNot = process.getuid?.() === 0 ? false : 'needs root for mount namespaces';
const mount = (shown: string, point: string, groups = '', device = '8:1') =>
  `36 35 ${device} ${shown} ${point} rw,noatime ${groups} - ext4 /dev/x rw`;
const own = peerMounts([mount('/', '/', 'shared:1'), mount('/', '/srv', 'shared:2', '8:2')].join('\n'));

function seen(directory: string, lines: readonly string[], when: When = 'before'): readonly string[] {
  return stillSeen(directory, own, [{ pid: 7, mounts: peerMounts(lines.join('\n')) }], when).map(({ place }) => place);
}

void t.test('where what is mounted over a directory comes by itself, nobody goes on with the old one', (t) => {
  for (const groups of ['shared:1', 'shared:1 master:9', 'master:1', 'shared:5 master:1'])
    t.strictSame(seen('/var/lib/store', [mount('/', '/', groups)]), [], groups);
  const chain = [mount('/', '/', 'shared:5 master:1'), mount('/', '/host', 'master:5')];
  t.strictSame(seen('/var/lib/store', chain), [], 'also through another namespace');
  t.strictSame(seen('/var/lib/store', [mount('/', '/', '', '9:9'), mount('/var/lib/other', '/data')]), [], 'nor who does not see it');
  t.end();
});

void t.test('where it does not, the place is named: of all, of what is above it, of the directory, and of a part', (t) => {
  for (const [line, place] of [
    [mount('/', '/'), '/var/lib/store'],
    [mount('/', '/host', 'shared:7'), '/host/var/lib/store'],
    [mount('/var', '/v'), '/v/lib/store'],
    [mount('/var/lib/store', '/data', 'master:7'), '/data'],
    [mount('/var/lib/store/part', '/part', 'shared:1'), '/part'],
  ] as const)
    t.strictSame(seen('/var/lib/store', [mount('/', '/', '', '9:9'), line]), [place], line);
  t.strictSame(seen('/srv/store', [mount('/', '/', 'shared:1'), mount('/', '/srv', '', '8:2')]), ['/srv/store'], 'on another file system');
  t.end();
});

void t.test('once it is mounted over, what counts is whether it is there as well', (t) => {
  const copy = mount('/uvs/var/lib/store', '/var/lib/store', '', '259:1');
  t.strictSame(seen('/var/lib/store', [mount('/', '/', 'shared:1'), copy], 'after'), []);
  t.strictSame(seen('/var/lib/store', [mount('/', '/', 'shared:1')], 'after'), ['/var/lib/store']);
  t.end();
});

/** @returns id of a process that waits in a mount namespace of its own */
async function boxed(t: Test, propagation: string): Promise<number> {
  return await waitingProcess(t, 'unshare', ['--mount', '--propagation', propagation, 'sh', '-c', 'echo ready; exec sleep 600']);
}

void t.test('a process in a private namespace is found, whatever it has open', { skip: whyNot }, async (t) => {
  const directory = join(realpathSync(t.testdir({ store: {} })), 'store');
  const pid = await boxed(t, 'private');
  for (const when of ['before', 'after'] as const) {
    const found = (await whoSees(directory, when)).find((writer) => writer.pid === pid);
    t.match(found, {
      command: /sleep|sh/,
      has: `sees it as ${directory} in a mount namespace of its own, and would go on with the old one`,
    });
  }
});
