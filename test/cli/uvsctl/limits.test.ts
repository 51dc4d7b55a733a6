import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();
const seen: unknown[] = [];
const limit = { scope: 'role/osd', hostname: '', unit: 'ceph-osd@*.service', values: { TasksMax: '100', MemoryMax: '60%' } };
await using coordinator = await startFakeCoordinator(authority, {
  'uvs.v1.LimitService': {
    SetLimits: (request) => {
      seen.push(request);
      return { limit, nodes: 4 };
    },
    UnsetLimits: (request) => {
      seen.push(request);
      if (request.unit === 'nothing') throw new UvsError('NOT_FOUND', 'in the scope cluster nothing is set of nothing.service');
      return { limit: request.names.length === 0 ? null : { ...limit, values: { TasksMax: '100' } } };
    },
    PreviewLimits: ({ values }) => {
      const changes = [
        {
          changes: [{ name: 'ceph-osd@*.service MemoryMax', before: '', after: values['MemoryMax'] ?? '' }],
          nodes: 5,
          hostnames: ['demo1', 'demo2', 'demo3', 'demo4', 'demo5'],
        },
      ];
      const why = 'MemoryMax=100MiB is below what it uses now, 150MiB';
      const refusals = [
        { unit: 'ceph-osd@3.service', message: why, nodes: 1, hostnames: ['demo2'] },
        { unit: '', message: 'systemd does not answer', nodes: 1, hostnames: ['demo3'] },
      ];
      const answers: Readonly<Record<string, object>> = {
        '100M': { refusals, refusingNodes: 2, answeredNodes: 4 },
        '60%': { refusals: [], refusingNodes: 0, answeredNodes: 5 },
      };
      return { changes, unchangedNodes: 0, ...answers[values['MemoryMax'] ?? ''] };
    },
    ListLimits: () => ({ limits: [limit, { ...limit, scope: 'node/u1', hostname: 'demo154' }, { ...limit, scope: 'node/u2' }] }),
    ListNodeLimits: ({ selector }) => ({
      nodes:
        (selector?.roles ?? []).length > 0
          ? []
          : [
              {
                hostname: 'demo154',
                units: [
                  {
                    unit: 'ceph-osd@3.service',
                    state: 'LIMIT_STATE_IN_FORCE',
                    message: '',
                    mended: ['MemoryMax'],
                    mendTime: { seconds: '1771234567', nanos: 0 },
                  },
                ],
              },
              {
                hostname: 'demo155',
                units: [{ unit: 'ceph-osd@4.service', state: 'LIMIT_STATE_REFUSED', message: 'it uses more', mended: [] }],
              },
              { hostname: 'demo156', units: [], message: 'it was told, and has not answered yet' },
            ],
    }),
  },
});
await using admin = await makeOperator(await authority.issue('admin/anna', [coordinator.address]));

await t.test('limits are set in one scope, which is said in the words that choose nodes', async (t) => {
  const set = await admin.run(['limits', 'set', 'ceph-osd@*', 'MemoryMax=60%', 'TasksMax=100', '--role', 'osd', '--reason', 'room']);
  t.match(set, {
    code: 0,
    out: 'In the scope role/osd, 4 nodes, ceph-osd@*.service is to have MemoryMax=60% TasksMax=100.',
    err: /limits show/,
  });
  t.match(seen.pop(), {
    scope: 'role/osd',
    unit: 'ceph-osd@*',
    values: { MemoryMax: '60%', TasksMax: '100' },
    reason: 'room',
    requestId: /^[0-9a-f-]{36}$/,
  });
  const scopes: readonly (readonly [readonly string[], string])[] = [
    [['--all'], 'cluster'],
    [['--node', 'demo154'], 'node/demo154'],
    [['--label', 'rack=r1'], 'label/rack=r1'],
  ];
  for (const [options, scope] of scopes) {
    t.equal((await admin.run(['limits', 'set', 'x', 'TasksMax=50', ...options, '--reason', 'y'])).code, 0);
    t.match(seen.pop(), { scope });
  }
});

await t.test('what is no limit is refused before anybody is asked', async (t) => {
  const before = seen.length;
  const set = (...rest: readonly string[]) => admin.run(['limits', 'set', 'ceph-osd@*', ...rest, '--reason', 'x']);
  t.match(await set('MemoryMax=60%'), { code: 2, err: /no nodes are chosen.*\n.*--all, --role ROLE/ });
  t.match(await set('MemoryMax=60%', '--all', '--role', 'osd'), { code: 2, err: /2 scopes are given/ });
  t.match(await set('MemoryMax', '--all'), { code: 2, err: /"MemoryMax" is not a limit.*\n.*NAME=VALUE/ });
  t.match(await set('ExecStart=/bin/sh', '--all'), { code: 2, err: /"ExecStart" is no limit that UVS sets/ });
  t.match(await set('MemoryMax=5', '--all'), { code: 2, err: /MemoryMax=5 is no limit: it has to be from 64MiB/ });
  t.match(await set('TasksMax=20', 'TasksMax=30', '--all'), { code: 2, err: /TasksMax is given twice/ });
  t.match(await admin.run(['limits', 'set', 'ceph-osd@*', 'TasksMax=20', '--all']), { code: 2, err: '--reason' });
  t.equal(seen.length, before);
});

await t.test('limits are taken back, by name or all', async (t) => {
  t.match(await admin.run(['limits', 'unset', 'ceph-osd@*', '--role', 'osd', '--reason', 'x']), {
    code: 0,
    out: 'nothing is set of ceph-osd@* any more',
  });
  t.match(await admin.run(['limits', 'unset', 'ceph-osd@*', 'MemoryMax', '--role', 'osd', '--reason', 'x']), {
    code: 0,
    out: 'is to have TasksMax=100',
  });
  t.match(seen.pop(), { names: ['MemoryMax'] });
  t.match(await admin.run(['limits', 'unset', 'nothing', '--all', '--reason', 'x']), { code: 3, err: 'nothing is set of nothing.service' });
});

await t.test('what was set is listed, a node by its name', async (t) => {
  const { out } = await admin.run(['limits', 'list']);
  t.match(out, /^role\/osd +ceph-osd@\*\.service +MemoryMax=60% TasksMax=100$/m);
  t.match(out, /^node\/demo154 /m);
  t.match(out, /^node\/u2 \(removed\) /m);
});

await t.test('the status names each unit whose limits are not in force, and why', async (t) => {
  const { out, err } = await admin.run(['limits', 'show']);
  t.match(out, /^demo154 +ceph-osd@3\.service +in force +MemoryMax had been changed, and was put back at 2026-02-16T09:36:07Z$/m);
  t.match(out, /^demo155 +ceph-osd@4\.service +refused +it uses more$/m);
  t.match(out, /^demo156 +- +unknown +it was told, and has not answered yet$/m);
  t.match(err, '2 lines of 3 not in force. Of a unit that is refused nothing new is set: it keeps what it had.');
  t.match(await admin.run(['limits', 'show', '--role', 'mon']), { out: '', err: 'No node has limits to keep' });
});

await t.test('a preview says what nodes would refuse, and of how many nobody knows', async (t) => {
  const preview = (value: string) => admin.run(['limits', 'preview', 'ceph-osd@*', `MemoryMax=${value}`, '--role', 'osd']);
  const some = await preview('100M');
  t.equal(some.code, 0);
  t.match(some.out, /^demo1 demo2 demo3 demo4 … \(5\) +ceph-osd@\*\.service MemoryMax +- +100M$/m);
  t.match(
    some.out,
    /^Would refuse +Unit +Why\ndemo2 +ceph-osd@3\.service +MemoryMax=100MiB is below what it uses now, 150MiB\ndemo3 +all +systemd does not/m,
  );
  t.match(
    some.err,
    '2 nodes would refuse a part of it now; of a unit that is refused nothing is set, and it keeps what it has. 1 node did not say: silent, or with an older',
  );
  t.match((await preview('60%')).err, 'Nothing was changed. All of them would take it now. "-" is not set.');
  const older = await preview('1G');
  t.match(older.err, 'Nothing was changed. 5 nodes did not say: ', 'a coordinator of before asks nobody');
  t.notMatch(older.out, 'Would refuse');
});
