import t from 'tap';
import { agentLayout } from '../../../common/agent-layout.ts';
import type { FileEntry } from '../../../common/upd/manifest.ts';
import { successorIn } from '../../../common/upd/successor.ts';
import { refusal } from '../../support/upd.ts';

const common = { uid: 0, gid: 0, xattrs: {} };
const file = (path: string, mode = 0o644): FileEntry => ({
  path,
  op: 'put',
  type: 'file',
  mode,
  ...common,
  config: 'replace',
  linkGroup: 0,
  size: 0,
  sha256: 'e'.repeat(64),
  extents: [],
});
const link = (path: string, to: string): FileEntry => ({ path, op: 'put', type: 'symlink', mode: 0o777, ...common, link: to });
const program = file('usr/lib/uvs/agent/0.3.0/lib/uvs-agent.js');
const runtime = link('usr/lib/uvs/agent/0.3.0/runtime', '../../runtime/24.21.0');
const node = file('usr/lib/uvs/runtime/24.21.0/node', 0o755);
const pointer = link(agentLayout.pointer, '0.3.0');
const whole = [program, runtime, node, pointer];
const without = (gone: FileEntry, ...more: readonly FileEntry[]) => ({ files: [...whole.filter((entry) => entry !== gone), ...more] });

void t.test('a release that moves the pointer brings an agent, any other does not', async (t) => {
  t.strictSame(successorIn({ files: whole }), { version: '0.3.0', runtime: '24.21.0' });
  t.equal(successorIn(without(pointer)), undefined);
  t.equal(successorIn({ files: [file('etc/motd')] }), undefined);
});

void t.test('an agent that is not whole is refused', async (t) => {
  for (const missing of [program, runtime, node])
    t.equal(await refusal(() => successorIn(without(missing))), 'PACKAGE_MALFORMED', missing.path);
  const wrong = [
    link(runtime.path, '/usr/lib/uvs/runtime/24.21.0'),
    link(runtime.path, '../../runtime/../../../bin'),
    link(runtime.path, '../../runtime/deb-24'),
  ];
  for (const entry of wrong) t.equal(await refusal(() => successorIn(without(runtime, entry))), 'PACKAGE_MALFORMED', JSON.stringify(entry));
  t.equal(await refusal(() => successorIn(without(node, file(node.path, 0o644)))), 'PACKAGE_MALFORMED', 'a runtime that cannot be run');
});

void t.test('a pointer that leads anywhere but to a version of a release is refused', async (t) => {
  for (const to of ['../x', '/bin', 'a/b', 'current', 'packaged', 'deb-0.3.0', '.', '..', '', '-rf', 'x'.repeat(65)])
    t.equal(await refusal(() => successorIn(without(pointer, link(agentLayout.pointer, to)))), 'PATH_FORBIDDEN', to);
  t.equal(await refusal(() => successorIn(without(pointer, file(agentLayout.pointer)))), 'PATH_FORBIDDEN', 'a file');
  const removed = without(pointer, { path: agentLayout.pointer, op: 'remove' });
  t.equal(await refusal(() => successorIn(removed)), 'PATH_FORBIDDEN', 'its removal');
});

void t.test('no release touches what starts the agent, nor what came with packages', async (t) => {
  const { packaged, packagedRuntime } = agentLayout;
  for (const path of [
    'usr/bin/uvs-agent',
    'usr/lib/uvs/launch-agent',
    packaged,
    packagedRuntime,
    'usr/lib/systemd/system/uvs-agent.service',
  ])
    t.equal(await refusal(() => successorIn({ files: [file(path)] })), 'PATH_FORBIDDEN', path);
  for (const path of ['usr/lib/uvs/agent/deb-0.2.0/lib/uvs-agent.js', 'usr/lib/uvs/runtime/deb-24.21.0/node'])
    t.equal(await refusal(() => successorIn({ files: [{ path, op: 'remove' }] })), 'PATH_FORBIDDEN', path);
});
