import t from 'tap';
import { acceptCommands } from '../../../common/acceptance.ts';
import { UvsError } from '../../../common/errors.ts';
import type { Node } from '../../../proto/gen/uvs/v1/Node.ts';
import type { Selector__Output } from '../../../proto/gen/uvs/v1/Selector.ts';
import { painted } from '../../../cli/output/colour.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();

function node(number: number, more: Partial<Node> = {}): Node {
  return {
    name: `nodes/uid-${number}`,
    uid: `uid-${number}`,
    hostname: `demo${number}`,
    addresses: [`10.0.0.${number % 250}`],
    roles: ['osd'],
    state: 'NODE_STATE_READY',
    facts: { uvsVersion: '2.14.17', cephVersion: '14.2.9', kernelVersion: '5.4.0-uvs2' },
    enrolTime: { seconds: '0', nanos: 0 },
    ...more,
  };
}

await t.test('the node table has the known columns first, in natural order', async (t) => {
  const nodes = [
    node(10),
    node(2, { roles: ['mon', 'mgr', 'mds'] }),
    node(1, { facts: null, state: 'NODE_STATE_SILENT', stateMessage: 'unheard for 42 s, last heard of by c1' }),
  ];
  await using coordinator = await startFakeCoordinator(authority, { 'uvs.v1.NodeService': { ListNodes: () => ({ nodes }) } });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const { code, out, err } = await operator.run(['nodes', 'list']);
  t.equal(code, 0);
  t.equal(err, '');
  t.same(
    out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/)),
    [
      ['Node Name', 'IP Address', 'Role', 'UVS Version', 'Version', 'State'],
      ['demo1', '10.0.0.1', 'osd', '-', '-', 'silent: unheard for 42 s, last heard of by c1'],
      ['demo2', '10.0.0.2', 'mon mgr mds', '2.14.17', 'CEPH 14.2.9, KERNEL 5.4.0-uvs2', 'ready'],
      ['demo10', '10.0.0.10', 'osd', '2.14.17', 'CEPH 14.2.9, KERNEL 5.4.0-uvs2', 'ready'],
    ],
  );
  const narrow = await operator.run(['nodes', 'list'], { columns: 60, isInteractive: true });
  t.equal(narrow.out.split('\n')[1]?.includes('…'), true, 'the last column is cut on a narrow terminal');
});

await t.test('two builds that go by one version are told apart by their manifests, and one build is not burdened with its', async (t) => {
  const having = (number: number, manifestHash: string, version = '2.14.17') =>
    node(number, { facts: { uvsVersion: version, installed: [{ component: 'uvs', version, releaseSeq: '17', manifestHash }] } });
  const nodes = [having(1, 'aaaaaaaabbbb'), having(2, 'ccccccccdddd'), having(3, 'eeee', '2.14.16')];
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.NodeService': { ListNodes: () => ({ nodes }), GetNode: () => ({ node: nodes[0] ?? null }) },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const { out } = await operator.run(['nodes', 'list']);
  t.match(out, /^demo1 .* 2\.14\.17 \[aaaaaaaa\] [^]*^demo2 .* 2\.14\.17 \[cccccccc\] [^]*^demo3 .* 2\.14\.16 {2}/mu);
  t.match((await operator.run(['nodes', 'show', 'demo1'])).out, /uvs 2\.14\.17 \(epoch 0, release 17, manifest aaaaaaaabbbb\)/);
});

await t.test('of a node that needs an operator a table says why, and the node itself what to type', async (t) => {
  const why = 'NEEDS_OPERATOR: post task once was interrupted and may not be run twice';
  const typed = acceptCommands('op-7', '/srv/node');
  const stateMessage = `${why}: see that the node is in order, then, on it: ${typed}; unheard for 42 s`;
  const left = node(1, { state: 'NODE_STATE_NEEDS_OPERATOR', stateMessage });
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.NodeService': { ListNodes: () => ({ nodes: [left] }), GetNode: () => ({ node: left }) },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const told = `needs operator: ${why} ("uvsctl nodes show" says what to type there); unheard for 42 s`;
  t.equal((await operator.run(['nodes', 'list'])).out.trimEnd().split(/ {2,}/).at(-1), told);
  t.ok((await operator.run(['nodes', 'show', 'demo1'])).out.includes(typed));
});

await t.test('a node whose files are not all those of its release is marked in the table, and told why', async (t) => {
  const mixture = 'since op-7, which an operator accepted, the files are a mixture of 2.14.16 and 2.14.17: 1 as 2.14.17 has them (opt/a)';
  const m2 = { state: 'lost', message: 'the disk of /m2 is gone while it is mounted' };
  const mixed = node(1, { facts: { uvsVersion: '2.14.16', mixture, m2 } });
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.NodeService': { ListNodes: () => ({ nodes: [mixed, node(2)] }), GetNode: () => ({ node: mixed }) },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  t.match((await operator.run(['nodes', 'list'])).out, /^demo1 .* 2\.14\.16 \(mixed\) [^]*^demo2 .* 2\.14\.17 {2}/mu);
  const { out } = await operator.run(['nodes', 'show', 'demo1']);
  t.match(out, /^UVS Version +2\.14\.16 \(mixed\)$/mu);
  t.ok(out.split('\n').some((line) => line.startsWith('Mixed ') && line.endsWith(mixture)));
  t.match(out, /^SSD on \/m2 .* lost: the disk of \/m2 is gone while it is mounted$/m);
});

await t.test('a list of 2,500 nodes is fetched page by page, and printed as the API shapes it', async (t) => {
  const nodes = Array.from({ length: 2500 }, (_, index) => node(index));
  const tokens: string[] = [];
  const selectors: (Selector__Output | null)[] = [];
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.NodeService': {
      ListNodes: ({ pageToken, pageSize, selector }) => {
        tokens.push(pageToken);
        selectors.push(selector);
        const from = Number(pageToken);
        const to = from + pageSize;
        return { nodes: nodes.slice(from, to), nextPageToken: to < nodes.length ? String(to) : '' };
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const { code, out } = await operator.run(['nodes', 'list', '--json', '--role', 'osd', '--label', 'rack=a', '--node', 'demo1,demo2']);
  t.equal(code, 0);
  t.same(tokens, ['', '1000', '2000']);
  t.same(selectors[0], { all: false, nodes: ['demo1', 'demo2'], roles: ['osd'], labels: { rack: 'a' } });
  const listed: unknown = JSON.parse(out);
  t.match(listed, { nodes: [{ hostname: 'demo0', facts: { uvsVersion: '2.14.17' }, enrolTime: '1970-01-01T00:00:00.000Z' }] });
  t.equal((out.match(/"uid"/g) ?? []).length, 2500);
});

await t.test('a node cannot send commands to the terminal of whoever looks at it', async (t) => {
  const evil = '\u001b]0;owned\u0007\u001b[2J\u009b31mdemo1\r\n\u202edrowssap';
  const nodes = [node(1, { hostname: evil, stateMessage: evil, state: 'NODE_STATE_UNHEALTHY', roles: [evil] })];
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.NodeService': {
      ListNodes: () => ({ nodes }),
      GetNode: () => ({ node: nodes[0] ?? null }),
      CordonNode: () => {
        throw new UvsError('BUSY', `busy ${evil}`, { hint: evil });
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  for (const command of [
    ['nodes', 'list'],
    ['nodes', 'show', 'demo1'],
    ['nodes', 'list', '--json'],
    ['nodes', 'cordon', 'demo1', '--reason', 'x'],
    ['nodes', 'cordon', 'demo1', '--reason', 'x', '--json'],
  ]) {
    const { out, err } = await operator.run(command);
    // eslint-disable-next-line no-control-regex
    t.notMatch(out + err, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/, command.join(' '));
    t.match(out + err, 'owned');
  }
  const { out } = await operator.run(['nodes', 'list', '--json']);
  t.match(JSON.parse(out), { nodes: [{ hostname: evil }] }, 'JSON says what it was');
});

await t.test('colours are for terminals, and do not shift the columns', async (t) => {
  const nodes = [node(1), node(2, { state: 'NODE_STATE_CORDONED', cordonReason: 'disk' })];
  await using coordinator = await startFakeCoordinator(authority, { 'uvs.v1.NodeService': { ListNodes: () => ({ nodes }) } });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const plain = await operator.run(['nodes', 'ls']);
  const coloured = await operator.run(['node', 'ls'], { isInteractive: true, columns: 200, paint: painted });
  t.match(coloured.out, '\u001b[32mready');
  // eslint-disable-next-line no-control-regex
  t.equal(coloured.out.replaceAll(/\u001b\[\d+m/g, ''), plain.out);
});

await t.test('changes to a node carry their reason and a request id', async (t) => {
  const seen: unknown[] = [];
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.SlotService': {
      GetSlot: ({ name }) => {
        throw new UvsError('NOT_FOUND', `${name} holds no slot`);
      },
    },
    'uvs.v1.NodeService': {
      CordonNode: (request, { identity }) => {
        seen.push({ ...request, identity });
        return { node: node(1) };
      },
      LabelNode: (request) => {
        seen.push(request);
        return { node: node(1, { labels: { rack: 'b' } }) };
      },
      RemoveNode: (request) => {
        seen.push(request);
        return {};
      },
      GetNode: () => ({ node: node(1) }),
    },
  });
  await using operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  t.match(await operator.run(['nodes', 'cordon', 'demo1', '--reason', 'new disk']), { code: 0, out: 'demo1 is cordoned' });
  t.match(seen[0], { name: 'nodes/demo1', reason: 'new disk', identity: 'operator/olga', requestId: /^[0-9a-f-]{36}$/ });
  t.match(await operator.run(['nodes', 'label', 'demo1', 'rack=b', 'old-']), { code: 0, out: 'rack=b' });
  t.match(seen[1], { set: { rack: 'b' }, remove: ['old'] });
  t.match(await operator.run(['nodes', 'label', 'demo1', 'rack']), { code: 2, err: '"rack" is not a label' });
  t.match(await operator.run(['nodes', 'cordon', 'demo1']), { code: 2, err: '--reason' });
  t.match(await operator.run(['nodes', 'remove', 'demo1', '--reason', 'gone']), { code: 2, err: '--yes' });
  t.match(await operator.run(['nodes', 'remove', 'demo1', '--reason', 'gone'], { canAsk: true, answers: ['n'] }), { code: 11 });
  t.equal(seen.length, 2, 'nothing was sent');
  t.match(await operator.run(['nodes', 'remove', 'demo1', '--reason', 'gone'], { canAsk: true, answers: ['y'] }), { code: 0 });
  t.match(seen[2], { name: 'nodes/demo1', reason: 'gone' });
});

await t.test('before a node goes for good, it is said what it is, and what its going means for the monitors', async (t) => {
  const mon = node(1, { roles: ['mon', 'mgr'], lastSeenTime: { seconds: '100', nanos: 0 } });
  const osd = node(4, { state: 'NODE_STATE_SILENT', stateMessage: 'unheard for 42 s' });
  let monitors = 3;
  const gone: string[] = [];
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.SlotService': {
      GetSlot: ({ name }) => {
        if (name === 'slots/demo9') return { slot: { hostname: 'demo9', message: 'the node was removed' } };
        if (name === 'slots/demo8')
          throw new UvsError('INVALID_ARGUMENT', 'demo8 is the name of 2 nodes: …', { hint: 'Say which by its UID.' });
        throw new UvsError('NOT_FOUND', `${name} holds no slot`);
      },
    },
    'uvs.v1.NodeService': {
      GetNode: ({ name }) => {
        const found = [mon, osd].find(({ hostname }) => name === `nodes/${hostname}`);
        if (found === undefined) throw new UvsError('NOT_FOUND', `there is no ${name}`);
        return { node: found };
      },
      ListNodes: ({ selector }) => (selector?.roles[0] === 'mon' ? { nodes: Array.from({ length: monitors }, () => mon) } : {}),
      RemoveNode: ({ name }) => {
        gone.push(name);
        return {};
      },
      WriteOffNode: ({ name }) => {
        gone.push(name);
        return {};
      },
    },
  });
  await using admin = await makeOperator(await authority.issue('admin/anna', [coordinator.address]));
  const asked = async (...command: readonly string[]): Promise<string | undefined> => {
    const { terminal, code, err } = await admin.run([...command, '--reason', 'x'], { canAsk: true, answers: ['y'] });
    t.equal(code, 0, err);
    return terminal.questions[0];
  };
  const comeBack = 'It must join again with a new token to come back. [y/N] ';
  const heard = 'last heard 1970-01-01T00:01:40Z';
  t.equal(
    await asked('nodes', 'remove', 'demo1'),
    `Remove demo1 (mon mgr, ready, ${heard})? That leaves 2 monitors, and rollouts can't update them then. ${comeBack}`,
  );
  monitors = 1;
  t.match(await asked('nodes', 'remove', 'demo1'), '? That leaves no monitor. It');
  monitors = 4;
  t.equal(await asked('nodes', 'remove', 'demo1'), `Remove demo1 (mon mgr, ready, ${heard})? ${comeBack}`);
  t.equal(
    await asked('nodes', 'write-off', 'demo4', '--node-is-powered-off'),
    'Write off demo4 (osd, silent: unheard for 42 s, not heard since this coordinator runs)? It no longer counts as down, whatever it had begun. [y/N] ',
  );
  t.equal(
    await asked('nodes', 'write-off', 'demo9', '--node-is-powered-off'),
    'Write off demo9 (the node was removed)? It no longer counts as down, whatever it had begun. [y/N] ',
    'one that was removed by force',
  );
  const two = await admin.run(['nodes', 'write-off', 'demo8', '--node-is-powered-off', '--reason', 'x'], { canAsk: true, answers: ['y'] });
  t.match(two, { code: 2, err: /demo8 is the name of 2 nodes.*\n.*by its UID/ });
  t.same(two.terminal.questions, [], 'nobody is asked about the wrong one');
  t.same(gone, ['nodes/demo1', 'nodes/demo1', 'nodes/demo1', 'nodes/demo4', 'nodes/demo9']);
  t.match(await admin.run(['nodes', 'remove', 'demo9', '--reason', 'x'], { canAsk: true, answers: ['y'] }), { code: 0 });
});

await t.test('uncordoning what is not cordoned says so, and changes nothing', async (t) => {
  const uncordoned: string[] = [];
  let cordonReason = '';
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.NodeService': {
      GetNode: () => ({ node: node(1, { cordonReason }) }),
      UncordonNode: ({ name }) => {
        uncordoned.push(name);
        return { node: node(1) };
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  t.match(await operator.run(['nodes', 'uncordon', 'demo1', '--reason', 'mended']), {
    code: 0,
    out: 'demo1 is not cordoned: nothing to do.\n',
  });
  t.same(uncordoned, []);
  cordonReason = 'new disk';
  t.match(await operator.run(['nodes', 'uncordon', 'demo1', '--reason', 'mended']), { code: 0, out: 'demo1 is no longer cordoned.\n' });
  t.same(uncordoned, ['nodes/demo1']);
});

await t.test('roles that only the node says are shown with those that count, and accepted as they were seen', async (t) => {
  const accepted: { roles: readonly string[]; reason: string }[] = [];
  let rolesUnaccepted = true;
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.NodeService': {
      GetNode: () => ({ node: node(1, { roles: ['rgw'], rolesUnaccepted, acceptedRoles: ['osd'] }) }),
      AcceptRoles: ({ roles, reason }) => {
        accepted.push({ roles, reason });
        return { node: node(1, { roles }) };
      },
    },
  });
  await using admin = await makeOperator(await authority.issue('admin/ada', [coordinator.address]));
  t.match(await admin.run(['nodes', 'show', 'demo1']), {
    out: /Roles +rgw\nCounts as +osd rgw, until "uvsctl nodes accept-roles demo1 --reason TEXT"\n/,
  });
  const accept = ['nodes', 'accept-roles', 'demo1', '--reason', 'a gateway now'];
  t.match(await admin.run(accept), { code: 0, out: 'demo1 counts as rgw from now on.\n' });
  rolesUnaccepted = false;
  t.match(await admin.run(accept), { code: 0, out: 'demo1 counts by the roles that it says: nothing to do.\n' });
  t.same(accepted, [{ roles: ['rgw'], reason: 'a gateway now' }]);
  const { out } = await admin.run(['nodes', 'show', 'demo1']);
  t.match(out, 'demo1');
  t.notMatch(out, /Counts as/);
});

await t.test('too few digits of a digest are said to be too few, and whose they are', async (t) => {
  const digest = `3f2a${'0'.repeat(60)}`;
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.PackageService': {
      GetPackage: () => {
        throw new UvsError('NOT_FOUND', 'there is no package', { hint: 'list them' });
      },
      ListPackages: () => ({ packages: [{ digest, version: '2.14.17' }] }),
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  t.match(await operator.run(['packages', 'show', '3f2a']), {
    code: 3,
    err: /3f2a is too little of a digest: at least its first 8 digits are needed \[NOT_FOUND\]\n3f2a0\w* \(2\.14\.17\) begins with it\./,
  });
  t.match(await operator.run(['packages', 'show', '77']), { code: 3, err: 'there is no package' });
});
