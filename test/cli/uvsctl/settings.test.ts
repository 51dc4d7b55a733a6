import t from 'tap';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();
const seen: unknown[] = [];
const settings = { scope: 'cluster', hostname: '', values: { 'time-zone': 'Europe/Berlin' } };
const hostnames = ['demo1', 'demo2', 'demo3', 'demo4', 'demo5'];
await using coordinator = await startFakeCoordinator(authority, {
  'uvs.v1.SettingService': {
    SetSettings: (request) => {
      seen.push(request);
      return { settings, nodes: 8 };
    },
    UnsetSettings: (request) => {
      seen.push(request);
      return { settings: request.names.length === 0 ? null : settings };
    },
    PreviewSettings: (request) => {
      seen.push(request);
      const changes = [{ name: 'time-zone', before: '', after: 'UTC' }];
      return request.scope === 'cluster'
        ? { changes: [{ changes, nodes: 5, hostnames }], unchangedNodes: 3 }
        : { changes: [], unchangedNodes: request.scope === 'role/ods' ? 0 : 1 };
    },
    ListSettings: () => ({
      settings: [settings, { scope: 'node/u1', hostname: 'demo154', values: { 'sysctl.net.ipv4.tcp_rmem': '1 2 3' } }],
    }),
    ListNodeSettings: () => ({
      nodes: [
        {
          hostname: 'demo154',
          settings: [
            { name: 'time-zone', value: 'Europe/Berlin', state: 'SETTING_STATE_IN_FORCE', message: '', mended: ['/etc/localtime'] },
            { name: 'ntp-servers', value: 'a', state: 'SETTING_STATE_UNMET', message: 'not reached: a has not answered', mended: [] },
          ],
        },
        { hostname: 'demo155', settings: [], message: 'it was told, and has not answered yet' },
      ],
    }),
  },
  'uvs.v1.LimitService': {
    PreviewLimits: (request) => {
      seen.push(request);
      return { changes: [{ changes: [{ name: 'ceph-osd@*.service TasksMax', before: '9', after: '' }], nodes: 1, hostnames: ['demo1'] }] };
    },
  },
});
await using admin = await makeOperator(await authority.issue('admin/anna', [coordinator.address]));

await t.test('the time zone of the whole cluster is one command', async (t) => {
  t.match(await admin.run(['settings', 'set', 'time-zone=Europe/Berlin', '--all', '--reason', 'we moved']), {
    code: 0,
    out: 'In the scope cluster, 8 nodes: time-zone=Europe/Berlin.',
    err: /settings show/,
  });
  t.match(seen.pop(), { scope: 'cluster', values: { 'time-zone': 'Europe/Berlin' }, reason: 'we moved', requestId: /^[0-9a-f-]{36}$/ });
});

await t.test('what is no setting is refused before anybody is asked', async (t) => {
  const before = seen.length;
  const set = (...rest: readonly string[]) => admin.run(['settings', 'set', ...rest, '--reason', 'x']);
  t.match(await set('time-zone=UTC'), { code: 2, err: /no nodes are chosen/ });
  t.match(await set('time-zone', '--all'), { code: 2, err: /"time-zone" is not a setting.*\n.*NAME=VALUE/ });
  t.match(await set('time-zone=Berlin', '--all'), { code: 2, err: /there is no time zone "Berlin".*\n.*Europe\/Berlin/ });
  t.match(await set('sysctl.kernel.core_pattern=x', '--all'), { code: 2, err: /no parameter of the kernel that UVS sets/ });
  t.match(await set('ntp-servers=a b', '--all'), { code: 2, err: /"a b" is no host name/ });
  t.match(await set('time-zone=UTC', 'time-zone=UTC', '--all'), { code: 2, err: /time-zone is given twice/ });
  t.match(await admin.run(['settings', 'unset', 'timezone', '--all', '--reason', 'x']), { code: 2, err: /"timezone" is no setting/ });
  t.equal(seen.length, before);
});

await t.test('a preview tells which nodes would change in what, and changes nothing', async (t) => {
  for (const kind of [
    ['settings', 'preview'],
    ['limits', 'preview', 'ceph-osd@*'],
  ])
    t.match(await admin.run([...kind, '--all']), { code: 2, err: /nothing is given that would be set.*\n.*--unset/ });
  const { out, err } = await admin.run(['settings', 'preview', 'time-zone=UTC', '--all']);
  t.match(out, /^demo1 demo2 demo3 demo4 … \(5\) +time-zone +- +UTC$/m);
  t.match(err, 'Nothing was changed. Nothing would change on 3 other nodes of the scope.');
  t.match(seen.pop(), { values: { 'time-zone': 'UTC' }, unset: { length: 0 } });
  t.match(await admin.run(['settings', 'preview', '--unset', 'time-zone', '--node', 'demo1']), {
    out: '',
    err: 'Nothing would change on any node.',
  });
  const misspelt = await admin.run(['settings', 'preview', '--unset', 'time-zone', '--role', 'ods']);
  t.match(misspelt.err, /^No node is in this scope/);
  seen.pop();
  t.same(seen.pop(), { scope: 'node/demo1', values: {}, unset: ['time-zone'] });
  t.match(
    (await admin.run(['limits', 'preview', 'ceph-osd@*', '--unset', 'TasksMax', '--all'])).out,
    /^demo1 +ceph-osd@\*\.service TasksMax +9 +-$/m,
  );
  t.same(seen.pop(), { scope: 'cluster', unit: 'ceph-osd@*', values: {}, unset: ['TasksMax'] });
});

await t.test('what was set, how it stands, and what can be set are shown', async (t) => {
  const { out: list } = await admin.run(['settings', 'list']);
  t.match(list, /^cluster +time-zone=Europe\/Berlin$/m);
  t.match(list, /^node\/demo154 +sysctl\.net\.ipv4\.tcp_rmem="1 2 3"$/m);
  const { out, err } = await admin.run(['settings', 'show']);
  t.match(out, /^demo154 +time-zone=Europe\/Berlin +in force +\/etc\/localtime had been changed, and was put back$/m);
  t.match(out, /^demo154 +ntp-servers=a +not in force +not reached: a has not answered$/m);
  t.match(out, /^demo155 +- +unknown +it was told/m);
  t.match(err, '2 lines of 3 not in force.');
  t.match((await admin.run(['settings', 'keys'])).out, /^sysctl\.net\.core\.rmem_max +65536 to 268435456 +16777216 +Bytes that a socket/m);
  t.match(await admin.run(['settings', 'unset', '--all', '--reason', 'x']), { out: 'In the scope cluster, nothing is set any more.' });
});
