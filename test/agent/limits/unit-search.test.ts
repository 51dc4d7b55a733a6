import t from 'tap';
import { findUnits, isAwaited } from '../../../agent/limits/unit-search.ts';

const never = new AbortController().signal;

/** What is found of a pattern or name by what systemctl prints. @param running services that have processes */
async function found(pattern: string, printed: string, ...running: readonly string[]) {
  return await findUnits(
    async () => printed,
    pattern,
    never,
    async (unit) => running.includes(unit),
  );
}

void t.test('a pattern finds services that are loaded, and those that run though they are masked or have lost their file', async (t) => {
  const printed = `ceph-osd@1.service loaded    active   running Ceph OSD
ceph-osd@2.service loaded    inactive dead    Ceph OSD
ceph-osd@3.service masked    active   running ceph-osd@3.service
ceph-osd@4.service masked    inactive dead    ceph-osd@4.service
ceph-osd@5.service masked    failed   failed  ceph-osd@5.service
● ceph-osd@6.service not-found active running ceph-osd@6.service
ceph-osd@7.service not-found inactive dead    ceph-osd@7.service
system-ceph\\x2dosd.slice loaded active active a slice
`;
  const names = [1, 2, 3, 6].map((id) => `ceph-osd@${id}.service`);
  t.same(await found('ceph-osd@*.service', printed, 'ceph-osd@3.service', 'ceph-osd@6.service'), names);
});

void t.test('a unit that is masked is found by its name as long as it runs, and told as masked when it does not', async (t) => {
  const printed = 'Id=ssh.service\nLoadState=masked\n';
  t.same(await found('sshd.service', printed, 'ssh.service'), ['ssh.service']);
  t.same(await found('sshd.service', printed), { id: 'ssh.service', why: 'ssh.service is masked: nothing starts it' });
  const bad = printed.replace('masked', 'bad-setting');
  t.match(await found('ssh.service', bad), { why: "systemd can't load ssh.service (bad-setting): see systemctl status ssh.service" });
  t.same(await found('x.service', 'Id=x.service\nLoadState=not-found\n'), []);
  t.same(await found('ssh.service', printed.replace('masked', 'loaded')), ['ssh.service']);
});

void t.test('a service that does not run is awaited, but where it is disabled and nothing else starts it', async (t) => {
  const gone = { LoadState: 'loaded', ActiveState: 'inactive', UnitFileState: 'disabled', WantedBy: '', TriggeredBy: '', Job: '' };
  const ask = async (
    properties: Readonly<Record<string, string>>,
    { booted = 'active', activating = [''], unit = 'ceph-osd@1.service' } = {},
  ) => {
    const printed = Object.entries({ ...gone, ...properties }).map(([name, value]) => `${name}=${value}\n`);
    const systemctl = async (_verb: string, _args: readonly string[], of: string) =>
      of === 'default.target' ? `ActiveState=${booted}\n` : printed.join('');
    return await isAwaited(systemctl, unit, never, async () => activating);
  };
  t.equal(await ask({}), false);
  t.equal(await ask({ Job: '0' }), false);
  t.equal(await ask({ LoadState: 'not-found', UnitFileState: '' }), false, 'its package is gone');
  for (const state of [
    'enabled',
    'enabled-runtime',
    'linked',
    'static',
    'indirect',
    'generated',
    'transient',
    'masked',
    'alias',
    'bad',
    '',
  ])
    t.equal(await ask({ UnitFileState: state }), true, `"${state}"`);
  for (const state of ['active', 'activating', 'failed']) t.equal(await ask({ ActiveState: state }), true, state);
  t.equal(await ask({ WantedBy: 'ceph.target' }), true);
  t.equal(await ask({ TriggeredBy: 'x.timer' }), true);
  t.equal(await ask({ Job: '4711' }), true, 'it waits to be started');
  t.equal(await ask({}, { booted: 'inactive' }), true, 'ceph-volume may still enable it');
  const activating = ['ceph-volume@lvm-1-0b3f.service', 'ceph-volume@simple-12-77aa.service'];
  t.equal(await ask({}, { activating }), true, 'ceph-volume would start it');
  t.equal(await ask({}, { activating, unit: 'ceph-osd@12.service' }), true);
  t.equal(await ask({}, { activating, unit: 'ceph-osd@2.service' }), false, 'another OSD');
  t.equal(await ask({}, { activating, unit: 'ceph-mds@1.service' }), false);
});
