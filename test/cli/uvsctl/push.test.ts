import { randomBytes } from 'node:crypto';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import type { CreateRolloutRequest__Output } from '../../../proto/gen/uvs/v1/CreateRolloutRequest.ts';
import type { PlanRolloutResponse } from '../../../proto/gen/uvs/v1/PlanRolloutResponse.ts';
import type { Rollout } from '../../../proto/gen/uvs/v1/Rollout.ts';
import type { WatchRolloutResponse } from '../../../proto/gen/uvs/v1/WatchRolloutResponse.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator, type FakeCoordinator } from '../../support/fake-coordinator.ts';
import { goodEvents, sampleRollout, sampleStep } from '../../support/fake-rollout.ts';
import { FakeUploads, samplePackage } from '../../support/fake-uploads.ts';
import { assemblePackage, makeTrust, sampleManifest, zstdFrame } from '../../support/upd.ts';
import { makeOperator, type Operator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();
const content = randomBytes(3_000_000);
const segment = zstdFrame(content);
const packageBytes = assemblePackage({ ...sampleManifest([segment], [content]), spaceBytes: 8_000_000 }, [segment], [makeTrust().key]);
const goodPlan: PlanRolloutResponse = {
  steps: [
    { nodeUid: 'uid-1', hostname: 'demo1', roles: ['mon', 'mgr'], fromVersion: '2.14-16.20200317', toVersion: '2.14.17' },
    { nodeUid: 'uid-2', hostname: 'demo2', roles: ['osd'], fromVersion: '2.14-16.20200317', toVersion: '2.14.17' },
    {
      nodeUid: 'uid-3',
      hostname: 'demo3',
      roles: ['osd'],
      fromVersion: '2.14.17',
      toVersion: '2.14.17',
      skipReason: 'has it already',
      hasRelease: true,
    },
  ],
  blockers: [{ kind: 'gate/ceph', message: 'osd.2 is down' }],
  fetchBytes: '180000000',
};

interface Scene extends AsyncDisposable {
  readonly uploads: FakeUploads;
  readonly created: CreateRolloutRequest__Output[];
  /** What the coordinator answers in place of a plan or a rollout. */
  readonly refusals: { plan?: UvsError; create?: UvsError };
  readonly operator: Operator;
  readonly package: string;
}

/** A coordinator on which a push can be tried, an operator, and a package file of some 3 MB. */
async function setScene(events: WatchRolloutResponse[] = goodEvents(2), plan: PlanRolloutResponse = goodPlan): Promise<Scene> {
  const uploads = new FakeUploads();
  const created: CreateRolloutRequest__Output[] = [];
  const refusals: Scene['refusals'] = {};
  const coordinator: FakeCoordinator = await startFakeCoordinator(
    authority,
    {
      'uvs.v1.PackageService': uploads.handlers,
      'uvs.v1.NodeService': {
        ListNodes: ({ selector }) => {
          if (selector?.roles.includes('osx') === true) throw new UvsError('NOT_FOUND', 'no node has the role osx');
          return {};
        },
      },
      'uvs.v1.RolloutService': {
        PlanRollout: () => {
          if (refusals.plan !== undefined) throw refusals.plan;
          return plan;
        },
        CreateRollout: (request) => {
          if (refusals.create !== undefined) throw refusals.create;
          created.push(request);
          return { rollout: sampleRollout(2) };
        },
        WatchRollout: async function* () {
          yield* events;
        },
      },
    },
    { http: uploads.http },
  );
  uploads.httpsAddress = coordinator.httpsAddress;
  const operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  const path = join(operator.directory, 'release.upd');
  await writeFile(path, packageBytes);
  return {
    uploads,
    created,
    refusals,
    operator,
    package: path,
    [Symbol.asyncDispose]: async () => {
      await operator[Symbol.asyncDispose]();
      await coordinator[Symbol.asyncDispose]();
    },
  };
}

await t.test('a push uploads, plans, asks, creates and watches to the end', async (t) => {
  await using scene = await setScene();
  const { code, out, err, terminal } = await scene.operator.run(['push', scene.package, '--role', 'osd', '--rolling'], {
    canAsk: true,
    answers: ['yes'],
  });
  t.equal(code, 0, err);
  t.match(terminal.questions, ['Bring 2.14.17 to 2 nodes, one at a time? [y/N] ']);
  t.match(out, /demo1 +mon mgr +2\.14-16\.20200317 +2\.14\.17\n/);
  t.match(out, /demo3 +osd +2\.14\.17 +- +skipped: has it already/);
  t.match(out, '2 nodes to bring to 2.14.17, 1 skipped, 180.0 MB to fetch in all.');
  t.match(out, 'Would wait now (gate/ceph): osd.2 is down');
  t.match(out, /demo2 +begun, committing 50 %: Replacing 2939 files/);
  t.match(out, 'Rollout ro-1 succeeded (2 of 2 nodes done');
  t.match(scene.created, [
    { spec: { mode: 'ROLLOUT_MODE_ROLLING', selector: { roles: ['osd'], all: false } }, validateOnly: false, requestId: /^[0-9a-f-]{36}$/ },
  ]);
  t.match(scene.uploads.puts, [{ from: 0, contentRange: `bytes 0-${packageBytes.length - 1}/${packageBytes.length}` }]);
});

await t.test('a package that the cluster has is not sent again', async (t) => {
  await using scene = await setScene();
  t.match(await scene.operator.run(['packages', 'upload', scene.package]), { code: 0, out: 'is uploaded and held by c1' });
  t.match(await scene.operator.run(['packages', 'upload', scene.package]), { code: 0, out: 'The cluster has uvs 2.14.17' });
  t.match(await scene.operator.run(['push', scene.package, '--all', '--parallel', '3', '--reason', 'new', '--yes', '--detach']), {
    code: 0,
    out: 'uvsctl rollouts watch ro-1',
  });
  t.equal(scene.uploads.puts.length, 1);
  t.match(scene.created, [{ spec: { mode: 'ROLLOUT_MODE_PARALLEL', budget: 3, selector: { all: true } } }]);
});

await t.test('an upload that breaks twice goes on where it stopped', async (t) => {
  await using scene = await setScene();
  scene.uploads.breakAfter.push(1_000_000, 500_000);
  const { code, err } = await scene.operator.run(['packages', 'upload', scene.package]);
  t.equal(code, 0, err);
  t.same(
    scene.uploads.puts.map(({ from }) => from),
    [0, 1_000_000, 1_500_000],
  );
  t.match(err, /Upload interrupted .*; going on where it stopped/);
  t.match(err, 'went on from 1.5 MB');
});

await t.test('what the coordinator says of a package is said to the person, with its exit code', async (t) => {
  await using scene = await setScene();
  const refused = { reason: 'KEY_UNKNOWN', message: 'no key that signed this package is trusted', hint: 'Sign it with a trusted key.' };
  scene.uploads.refusals.push(
    { status: 400, body: JSON.stringify(refused) },
    { status: 400, body: JSON.stringify({ error: { ...refused, reason: 'SOMETHING_NEW' } }) },
  );
  const { code, err } = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes']);
  t.equal(code, 5);
  t.match(err, `uvsctl: ${scene.package}: no key that signed this package is trusted [KEY_UNKNOWN]\nSign it with a trusted key.\n`);
  t.match(await scene.operator.run(['packages', 'upload', scene.package, '--json']), {
    code: 2,
    out: '',
    err: '"reason":"INVALID_ARGUMENT"',
  });
  t.equal(scene.created.length, 0);
});

await t.test('without a terminal and without --yes nothing is sent', async (t) => {
  await using scene = await setScene();
  const { code, out, err } = await scene.operator.run(['push', scene.package, '--all', '--rolling']);
  t.equal(code, 2);
  t.equal(out, '');
  t.match(err, 'there is no terminal to ask for confirmation');
  t.match(err, 'Add --yes');
  t.match(await scene.operator.run(['push', scene.package, '--all', '--rolling', '--json'], { canAsk: true }), { code: 2, err: '--yes' });
  t.match(await scene.operator.run(['push', scene.package, '--all'], { canAsk: true }), { code: 2, err: 'Add --rolling' });
  t.match(await scene.operator.run(['push', scene.package, '--all', '--rolling', '--parallel', '2', '--yes']), {
    code: 2,
    err: 'exclude each other',
  });
  t.match(await scene.operator.run(['push', scene.package, '--rolling', '--yes']), { code: 2, err: 'no nodes are chosen' });
  t.match(await scene.operator.run(['push', scene.package, '--all', '--node', 'demo1', '--rolling', '--yes']), {
    code: 2,
    err: '--all does not go together',
  });
  t.match(await scene.operator.run(['push', scene.package, '--all', '--parallel', '0', '--yes']), { code: 2, err: 'whole number' });
  t.equal(scene.uploads.tickets.length, 0);
});

await t.test('an answer other than yes creates no rollout', async (t) => {
  await using scene = await setScene();
  for (const answer of ['', 'n', 'yep']) {
    t.match(await scene.operator.run(['push', scene.package, '--all', '--rolling'], { canAsk: true, answers: [answer] }), {
      code: 11,
      err: 'No rollout was created',
    });
  }
  t.equal(scene.created.length, 0);
});

const beforeTheRollout = [
  { name: 'a plan that is refused', refusals: { plan: new UvsError('TARGET_MISMATCH', 'demo1 has distro debian') }, code: 6 },
  { name: 'a rollout that is refused', refusals: { create: new UvsError('PERMISSION_DENIED', 'olga may not') }, code: 9 },
  { name: 'an answer other than yes', refusals: {}, code: 11 },
] as const;
for (const { name, refusals, code } of beforeTheRollout) {
  await t.test(`${name} leaves the package in the cluster and says what to do with it, once it was uploaded`, async (t) => {
    await using scene = await setScene();
    Object.assign(scene.refusals, refusals);
    const args = name.startsWith('an answer') ? [] : ['--yes'];
    const push = async () =>
      await scene.operator.run(['push', scene.package, '--all', '--rolling', ...args], { canAsk: true, answers: ['n'] });
    const first = await push();
    const [digest = ''] = scene.uploads.packages.keys();
    const id = digest.slice(0, 12);
    t.equal(first.code, code);
    t.match(
      first.err,
      `The package stays in the cluster: \`uvsctl push ${id} …\` tries again without sending it, \`uvsctl packages rm ${id}\``,
    );
    const second = await push();
    t.equal(second.code, code);
    t.notMatch(second.err, 'The package stays', 'it was there before');
    t.notMatch((await scene.operator.run(['push', digest, '--all', '--rolling', ...args], { canAsk: true })).err, 'The package stays');
    t.equal(scene.created.length, 0);
  });
}

await t.test('with --json the remark about a package that stays is on standard error, and the error is its last line', async (t) => {
  await using scene = await setScene();
  scene.refusals.create = new UvsError('BUSY', 'not now');
  const { code, out, err } = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes', '--json']);
  t.equal(code, 8);
  t.match(err, 'The package stays in the cluster');
  t.match(JSON.parse(err.trimEnd().split('\n').at(-1) ?? ''), { error: { reason: 'BUSY' } });
  t.same(
    out
      .trimEnd()
      .split('\n')
      .map((line) => Object.keys(Object(JSON.parse(line)))),
    [['package'], ['plan']],
  );
});

const has = (hostname: string) => ({ hostname, toVersion: '2.14.17', skipReason: 'already has 2.14.17', hasRelease: true });
const nothingToDo = [
  { steps: [has('demo3')], says: 'demo3 has 2.14.17 already: nothing to do\n' },
  { steps: ['a', 'b', 'c', 'd'].map(has), says: 'all 4 nodes have 2.14.17 already: nothing to do\n' },
  {
    steps: [has('demo3'), { hostname: 'demo1', skipReason: 'has role mds, the package is for osd' }],
    says: /^demo1 .*for osd$[^]*^1 of 2 nodes have 2\.14\.17 already, it is not for the others: nothing to do$/m,
  },
];
await t.test('a push of what every node has is success in one sentence, without a question and without a rollout', async (t) => {
  for (const { steps, says } of nothingToDo) {
    await using scene = await setScene([], { steps });
    t.match(await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes']), { code: 0, err: 'The package stays' });
    const { code, out, err, terminal } = await scene.operator.run(['push', scene.package, '--all', '--rolling'], { canAsk: true });
    t.equal(code, 0);
    if (typeof says === 'string') t.equal(out, says);
    else t.match(out, says);
    t.notMatch(err, 'stays');
    t.same(terminal.questions, []);
    const asJson = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes', '--json']);
    t.equal(asJson.code, 0);
    t.match(asJson.err, 'nothing to do');
    t.equal(asJson.out.trimEnd().split('\n').length, 2, 'package and plan');
    t.equal(scene.created.length, 0);
  }
});

const ends: readonly { readonly name: string; readonly code: number; readonly last: Partial<Rollout>; readonly says: RegExp }[] = [
  {
    name: 'paused',
    code: 20,
    last: { state: 'ROLLOUT_STATE_PAUSED', stateReason: 'demo1 failed: task pre ended with 3' },
    says: /is paused: demo1 failed: task pre ended with 3/,
  },
  { name: 'failed', code: 21, last: { state: 'ROLLOUT_STATE_FAILED', stateReason: 'demo1 failed' }, says: /failed: demo1 failed/ },
  {
    name: 'aborted',
    code: 22,
    last: { state: 'ROLLOUT_STATE_ABORTED', stateReason: 'by operator/otto' },
    says: /aborted: by operator\/otto/,
  },
];
for (const { name, code, last, says } of ends) {
  await t.test(`a rollout that is ${name} ends the push with exit code ${code}`, async (t) => {
    const events: WatchRolloutResponse[] = [
      { snapshot: sampleRollout(2), resumeToken: '1' },
      {
        step: sampleStep(1, { state: 'STEP_STATE_FAILED', operation: 'operations/op-7', message: 'task pre ended with 3' }),
        resumeToken: '2',
      },
      { rollout: sampleRollout(2, { ...last, steps: [], stepsFailed: 1 }), resumeToken: '3' },
    ];
    await using scene = await setScene(events);
    const result = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes']);
    t.equal(result.code, code);
    t.match(result.out, says);
    t.match(result.err, 'See what failed: uvsctl rollouts show ro-1\nWhat demo1 said: uvsctl operations logs op-7\n');
    if (name === 'paused') t.match(result.err, 'uvsctl rollouts resume ro-1');
  });
}

await t.test('where nobody has failed, as after an operator’s own pause, nothing is said of failures', async (t) => {
  await using scene = await setScene([
    { snapshot: sampleRollout(2), resumeToken: '1' },
    { rollout: sampleRollout(2, { state: 'ROLLOUT_STATE_PAUSED', stateReason: 'operator/otto: lunch', steps: [] }), resumeToken: '2' },
  ]);
  const { code, err } = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes']);
  t.equal(code, 20);
  t.match(err, 'Go on: uvsctl rollouts resume ro-1');
  t.notMatch(err, 'failed');
});

await t.test('Ctrl-C in an upload says that the same command goes on from there', async (t) => {
  await using scene = await setScene();
  const interrupted = new AbortController();
  scene.uploads.breakAfter.push(100_000);
  scene.uploads.onPut = () => interrupted.abort(new UvsError('CANCELLED', 'interrupted by SIGINT'));
  const { code, err } = await scene.operator.run(['packages', 'upload', scene.package], { signal: interrupted.signal });
  t.equal(code, 11);
  t.match(err, 'Give the command again: it goes on from there.');
});

await t.test('--json prints one object per line and nothing else', async (t) => {
  await using scene = await setScene();
  const { code, out } = await scene.operator.run(['push', scene.package, '--all', '--rolling', '--yes', '--json']);
  t.equal(code, 0);
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  t.match(lines[0], { package: { version: '2.14.17' } });
  t.match(lines[1], { plan: { steps: [{ hostname: 'demo1' }] } });
  t.match(lines[2], { snapshot: { name: 'rollouts/ro-1' }, resumeToken: '1' });
  t.match(lines.at(-1), { rollout: { state: 'ROLLOUT_STATE_SUCCEEDED' } });
  t.same(Object.keys(Object(lines.at(-1))).sort(), ['resumeToken', 'rollout']);
});

await t.test('files that are no packages are refused before anything is sent', async (t) => {
  await using scene = await setScene();
  const { operator } = scene;
  const rpm = join(operator.directory, 'x.upd');
  await writeFile(rpm, 'this is no package at all');
  const push = async (path: string) => await operator.run(['push', path, '--all', '--rolling', '--yes']);
  t.match(await push(rpm), { code: 4, err: `uvsctl: ${rpm}: ` });
  for (const bytes of [packageBytes.length - 1, 2_000, 5]) {
    await truncate(scene.package, bytes);
    t.match(await push(scene.package), { code: 4, err: scene.package }, `cut after ${bytes} bytes`);
  }
  t.match(await push(join(operator.directory, 'missing.upd')), { code: 3, err: 'missing.upd' });
  t.match(await push(`${operator.directory}/`), { code: 2, err: 'not a regular file' });
  t.equal(scene.uploads.tickets.length, 0);
});

await t.test('a push to nodes that are not there sends nothing', async (t) => {
  await using scene = await setScene();
  t.match(await scene.operator.run(['push', scene.package, '--role', 'osx', '--rolling', '--yes']), { code: 3, err: 'the role osx' });
  t.equal(scene.uploads.tickets.length, 0);
});

await t.test('a version that several packages have must be named by digest', async (t) => {
  const packages = ['aaaa11112222bbbb', 'cccc33334444dddd'].map((digest) => samplePackage(digest, 1));
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.PackageService': {
      GetPackage: () => {
        throw new UvsError('CONFLICT', 'several packages have that version');
      },
      ListPackages: () => ({ packages }),
    },
  });
  await using operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  const { code, err } = await operator.run(['plan', '2.14.17', '--all', '--rolling']);
  t.equal(code, 3);
  t.match(err, '2 packages match 2.14.17');
  t.match(err, 'aaaa11112222 (2.14.17), cccc33334444 (2.14.17)');
});

await t.test('a plan of a file says that the package has to be uploaded, and how', async (t) => {
  await using scene = await setScene();
  t.match(await scene.operator.run(['plan', scene.package, '--role', 'osd', '--rolling']), {
    code: 2,
    err: `${scene.package} names a file, and plan takes a package that the cluster has [INVALID_ARGUMENT]\nUpload it first (uvsctl packages upload ${scene.package})`,
  });
});
