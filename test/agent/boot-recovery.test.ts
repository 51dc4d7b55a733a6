import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { recover } from '../../agent/commands/recover.ts';
import { readStatus } from '../../agent/commands/status.ts';
import type { FailpointName } from '../../agent/failpoints.ts';
import { bootingServices } from '../../agent/os/systemd-services.ts';
import { buildSampleReleases } from '../support/sample-releases.ts';
import { bundleChild, runChild, TestNode } from '../support/update-node.ts';

void t.test('at boot, files are put in order, and what has not begun or needs services stays open', async (t) => {
  using node = new TestNode();
  await buildSampleReleases(node);
  const program = await bundleChild(node.directory);
  const phases: readonly (readonly [FailpointName, string | undefined])[] = [
    ['staged-recorded', 'staged'],
    ['half-of-files-renamed', undefined],
    ['starting-recorded', undefined],
    ['post-recorded', 'post'],
    ['confirming-recorded', 'confirming'],
  ];
  for (const [dieAt, expected] of phases) {
    const root = join(node.directory, dieAt);
    mkdirSync(join(root, 'var/log'), { recursive: true });
    const died = await runChild(program, { root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('one'), dieAt });
    t.equal(died.signal, 'SIGKILL', died.output);
    await recover(node.console(root), { isAtBoot: true });
    const { operations } = await readStatus({ statePath: join(root, 'var/lib/uvs-agent') });
    t.same(
      operations.map(({ phase }) => phase),
      expected === undefined ? [] : [expected],
      dieAt,
    );
  }
});

void t.test('while the machine boots, a start is queued and never waited for, and nothing is stopped', async (t) => {
  const dir = t.testdir();
  const program = join(dir, 'systemctl');
  writeFileSync(program, `#!/bin/sh\necho "$@" >> ${dir}/asked\n`);
  chmodSync(program, 0o755);
  const path = process.env['PATH'];
  process.env['PATH'] = `${dir}:${path ?? ''}`;
  t.teardown(() => {
    process.env['PATH'] = path;
  });
  const services = bootingServices();
  const never = new AbortController().signal;
  await services.stop('ceph-osd.target', never);
  await services.start('ceph-osd.target', never);
  t.ok(await services.isActive('ceph-osd.target', never));
  t.equal(readFileSync(join(dir, 'asked'), 'utf8'), 'start --no-block -- ceph-osd.target\n');
});
