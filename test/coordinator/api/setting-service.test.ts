import t from 'tap';
import { enrolNode } from '../../support/enrolled-node.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { makeCluster } from '../../support/running-cluster.ts';

const cluster = await makeCluster();
t.teardown(() => cluster[Symbol.asyncDispose]());
await cluster.run();
const admin = cluster.client();
await eventually('c1 leads', async () => (await admin.call('uvs.v1.ClusterService', 'GetCluster', {})).cluster?.leader !== null);
const { uid } = await enrolNode(cluster, 'osd-1');

type Values = Readonly<Record<string, string>>;
const set = async (values: Values, scope = 'cluster', reason = 'a test') =>
  await admin.call('uvs.v1.SettingService', 'SetSettings', { scope, values: { ...values }, reason });
const preview = async (values: Values, scope = 'cluster') =>
  await admin.call('uvs.v1.SettingService', 'PreviewSettings', { scope, values: { ...values } });
const declared = async () => (await admin.call('uvs.v1.SettingService', 'ListSettings', {})).settings;

void t.test('a setting is declared for the nodes of a scope, in the form in which it is stored', async (t) => {
  t.match(await set({ 'time-zone': 'Europe/Berlin', 'ntp-servers': ' 10.0.0.1, ntp1.example.org ' }), {
    settings: { scope: 'cluster', values: { 'time-zone': 'Europe/Berlin', 'ntp-servers': '10.0.0.1,ntp1.example.org' } },
    nodes: 1,
  });
  t.match(await set({ 'sysctl.net.ipv4.tcp_rmem': '4096  131072 6291456' }, 'node/osd-1'), {
    settings: { scope: `node/${uid}`, hostname: 'osd-1', values: { 'sysctl.net.ipv4.tcp_rmem': '4096 131072 6291456' } },
  });
});

void t.test('of nonsense nothing is declared, whoever asks, and it is named', async (t) => {
  const before = await declared();
  const nonsense: readonly (readonly [Values, RegExp])[] = [
    [{ 'time-zone': 'Europe/Berlni' }, /there is no time zone "Europe\/Berlni"/u],
    [{ 'time-zone': '../../../etc/shadow' }, /there is no time zone/u],
    [{ 'ntp-servers': '999.1.1.1' }, /"999\.1\.1\.1" is no host name and no IP address/u],
    [{ 'ntp-servers': '10.0.0.1\npool evil' }, /is no host name and no IP address/u],
    [{ 'sysctl.kernel.core_pattern': '|/bin/sh' }, /"kernel\.core_pattern" is no parameter of the kernel that UVS sets/u],
    [{ 'sysctl.net.ipv4.ip_forward': '1' }, /"net\.ipv4\.ip_forward" is no parameter of the kernel that UVS sets/u],
    [{ 'sysctl.vm.min_free_kbytes': '900000000' }, /it has to be from 1024 to 262144/u],
    [{ 'sysctl.vm.swappiness': '10\nkernel.core_pattern = x' }, /it takes a whole number/u],
    [{ 'sysctl.profile': 'constructor' }, /the profiles are /u],
    [{ hostname: 'x' }, /"hostname" is no setting/u],
    [{}, /must hold 1 to 64 settings/u],
    // with something that makes sense beside it
    [{ 'time-zone': 'UTC', 'sysctl.kernel.core_pattern': 'x' }, /is no parameter of the kernel/u],
  ];
  for (const [values, message] of nonsense) {
    t.match(await errorOf(set(values)), { reason: 'INVALID_ARGUMENT', message }, JSON.stringify(values));
    if (Object.keys(values).length > 0)
      t.match(await errorOf(preview(values)), { reason: 'INVALID_ARGUMENT', message }, `a preview of ${JSON.stringify(values)}`);
  }
  for (const scope of ['', 'rack/r1', 'role/', 'label/rack', 'node/../x', 'cluster/x'])
    t.match(await errorOf(set({ 'time-zone': 'UTC' }, scope)), { reason: 'INVALID_ARGUMENT' }, scope);
  t.match(await errorOf(set({ 'time-zone': 'UTC' }, 'node/nobody')), { reason: 'NOT_FOUND' });
  t.match(await errorOf(set({ 'time-zone': 'UTC' }, 'cluster', '')), { reason: 'INVALID_ARGUMENT' }, 'without a reason');
  t.same(await declared(), before, 'what was declared before is what is declared');
});
