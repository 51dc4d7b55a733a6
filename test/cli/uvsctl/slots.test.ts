import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import type { ReleaseSlotRequest__Output } from '../../../proto/gen/uvs/v1/ReleaseSlotRequest.ts';
import type { Slot } from '../../../proto/gen/uvs/v1/Slot.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { makeOperator, type UvsctlOptions, type UvsctlResult } from '../../support/uvsctl.ts';
import { parseJson, slotsSchema } from '../../support/uvsctl-json.ts';

const authority = await TestAuthority.create();
const time = (seconds: number) => ({ seconds: String(seconds), nanos: 0 });
const slot: Slot = {
  name: 'slots/uid-4',
  nodeUid: 'uid-4',
  hostname: 'demo154',
  state: 'SLOT_STATE_REVOKED',
  token: { epoch: 'e1', createRevision: '77' },
  operation: 'operations/op-93k1x',
  rollout: 'rollouts/ro-7f3k2',
  grantTime: time(1_000_000_000),
  beginTime: time(1_000_000_007),
  revokedBy: 'operator/olga',
  revokeReason: 'its \u001b[31mtask hangs',
  message: 'its slot was taken back by operator/olga, and it has not acknowledged yet',
  known: 'last heard 3 s ago (pre: Running pre task migrate)',
};
const asked: string[] = [];
await using coordinator = await startFakeCoordinator(authority, {
  'uvs.v1.SlotService': {
    GetSlot: ({ name }) => {
      asked.push(name);
      if (name === 'slots/demo155')
        return { slot: { ...slot, hostname: 'demo155', state: 'SLOT_STATE_GRANTED', beginTime: null, token: null } };
      if (name !== 'slots/demo154') throw new UvsError('NOT_FOUND', 'demo9 holds no slot', { hint: '"uvsctl slots list" shows who does.' });
      return { slot };
    },
  },
});
await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));

await t.test('a slot is shown with who has it, since when, who took it back and why, and what is known of its node', async (t) => {
  const { code, out, err } = await operator.run(['slots', 'show', 'demo154']);
  t.equal(code, 0, err);
  t.same(
    out.split('\n').map((line) => line.replace(/ {2,}/u, ': ')),
    [
      'Node Name: demo154',
      'UID: uid-4',
      'State: revoked',
      'Operation: op-93k1x',
      'Rollout: ro-7f3k2',
      'Token: 77 of epoch e1',
      'Granted: 2001-09-09T01:46:40Z',
      'Begun: 2001-09-09T01:46:47Z',
      'Taken back by: operator/olga',
      'Reason: its ?[31mtask hangs',
      'Held because: its slot was taken back by operator/olga, and it has not acknowledged yet',
      'Known: last heard 3 s ago (pre: Running pre task migrate)',
      '',
    ],
  );
  t.match(JSON.parse((await operator.run(['slots', 'show', 'slots/demo154', '--json'])).out), { nodeUid: 'uid-4', known: slot.known });
  t.same(asked, ['slots/demo154', 'slots/demo154'], 'by either name');
});

await t.test('what a slot does not have yet is left out', async (t) => {
  const { out } = await operator.run(['slots', 'show', 'demo155']);
  t.match(out, /^State +granted$/mu);
  t.notMatch(out, /^(?:Begun|Token) /mu);
});

await t.test('a node without a slot is said to have none, with what to do', async (t) => {
  t.match(await operator.run(['slots', 'show', 'demo9']), { code: 3, err: /demo9 holds no slot \[NOT_FOUND\]\n"uvsctl slots list"/u });
});

/** Runs one command at a coordinator that holds these slots, and makes this of one that is taken back. */
async function runOnce(
  arguments_: readonly string[],
  { held = [], released = null, ...options }: UvsctlOptions & { readonly held?: readonly Slot[]; readonly released?: Slot | null } = {},
): Promise<UvsctlResult & { readonly sent: readonly (ReleaseSlotRequest__Output & { readonly identity: string })[] }> {
  const sent: (ReleaseSlotRequest__Output & { readonly identity: string })[] = [];
  await using own = await startFakeCoordinator(authority, {
    'uvs.v1.SlotService': {
      ListSlots: () => ({ slots: [...held] }),
      ReleaseSlot: (request, { identity }) => {
        sent.push({ ...request, identity });
        return { slot: released };
      },
    },
  });
  await using olga = await makeOperator(await authority.issue('operator/olga', [own.address]));
  return { ...(await olga.run(arguments_, options)), sent };
}

await t.test('slots are listed with who has them, since when and why, in the order of the names', async (t) => {
  const granted = { hostname: 'demo20', state: 'SLOT_STATE_GRANTED', operation: '', rollout: '', message: '' } as const;
  const held: readonly Slot[] = [
    slot,
    { ...slot, ...granted },
    { ...slot, hostname: 'demo3', state: 'SLOT_STATE_BEGUN', message: 'silent' },
  ];
  const { code, out, err } = await runOnce(['slots', 'list'], { held });
  t.equal(code, 0, err);
  const [heading, ...rows] = out
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/u));
  t.same(heading, ['Node Name', 'State', 'Operation', 'Rollout', 'Granted', 'Message']);
  t.same(rows, [
    ['demo3', 'begun', 'op-93k1x', 'ro-7f3k2', '2001-09-09T01:46:40Z', 'silent'],
    ['demo20', 'granted', '-', '-', '2001-09-09T01:46:40Z', '-'],
    ['demo154', 'revoked', 'op-93k1x', 'ro-7f3k2', '2001-09-09T01:46:40Z', slot.message],
  ]);
  const { slots } = parseJson(slotsSchema, (await runOnce(['slots', 'ls', '--json'], { held })).out);
  t.same(
    slots.map(({ hostname }) => hostname),
    ['demo3', 'demo20', 'demo154'],
  );
});

await t.test('where no slot is held, that is said beside an empty list', async (t) => {
  t.match(await runOnce(['slots', 'list']), { code: 0, out: '', err: 'No slot is held: no node is out of service on account of UVS.\n' });
  t.same(JSON.parse((await runOnce(['slots', 'list', '--json'])).out), { slots: [] });
});

const byForce = ['slots', 'release', 'demo154', '--force', '--node-is-powered-off', '--reason', 'it burnt'];

await t.test(
  'a slot is taken by force after a question that says what it risks, with the word on the machine and the reason',
  async (t) => {
    const released: Slot = { ...slot, state: 'SLOT_STATE_QUARANTINED' };
    const { code, out, err, terminal, sent } = await runOnce(byForce, { released, canAsk: true, answers: ['yes'] });
    t.equal(code, 0, err);
    t.same(terminal.questions, ['Take the slot of demo154 by force? If the machine runs, it may go on with what it has begun. [y/N] ']);
    t.match(sent, [
      {
        name: 'slots/demo154',
        reason: 'it burnt',
        force: true,
        nodeIsPoweredOff: true,
        requestId: /^[0-9a-f-]{36}$/u,
        identity: 'operator/olga',
      },
    ]);
    t.equal(sent.length, 1);
    t.equal(
      out,
      'demo154 is quarantined: it counts as down until its agent acknowledges, or until it is written off: `uvsctl nodes write-off demo154 --node-is-powered-off --reason TEXT`.\n',
    );
  },
);

await t.test('nothing is taken without a yes, where nobody can be asked, and without a reason', async (t) => {
  const quiet = [...byForce, '--json'];
  for (const [command, options, code, said] of [
    [byForce, { canAsk: true, answers: ['n'] }, 11, 'Nothing was changed.'],
    [byForce, { canAsk: true }, 11, 'Nothing was changed.'],
    [byForce, {}, 2, 'Add --yes'],
    [quiet, { canAsk: true, answers: ['y'] }, 2, 'Add --yes'],
    [[...byForce.slice(0, -2), '--yes'], {}, 2, '--reason <text> is missing'],
    [[...byForce.slice(0, -1), ' ', '--yes'], {}, 2, '--reason'],
  ] satisfies readonly (readonly [readonly string[], UvsctlOptions, number, string])[]) {
    const result = await runOnce(command, options);
    t.match(result, { code, err: said }, command.join(' '));
    t.same(result.sent, [], 'nothing was sent');
  }
});

await t.test('each word of a release by force is sent as it was given, and none that was not', async (t) => {
  const flags = async (...given: readonly string[]): Promise<unknown> => {
    const { sent, code, err, terminal } = await runOnce(['slots', 'release', 'demo154', '--reason', 'x', '--yes', ...given]);
    t.equal(code, 0, err);
    t.same(terminal.questions, [], '--yes is the answer');
    return sent.map(({ force, nodeIsPoweredOff }) => ({ force, nodeIsPoweredOff }));
  };
  // the coordinator refuses what does not go together
  t.same(await flags(), [{ force: false, nodeIsPoweredOff: false }]);
  t.same(await flags('--force'), [{ force: true, nodeIsPoweredOff: false }]);
  t.same(await flags('--node-is-powered-off'), [{ force: false, nodeIsPoweredOff: true }]);
});

await t.test('a release without force asks less, and says what became of the slot', async (t) => {
  const command = ['slots', 'release', 'demo154', '--reason', 'its task hangs'];
  const revoked = await runOnce(command, { released: slot, canAsk: true, answers: ['y'] });
  t.same(revoked.terminal.questions, ['Take the slot of demo154 back? What it has begun is given up. [y/N] ']);
  t.match(revoked, {
    code: 0,
    out: 'The slot of demo154 is revoked; it is freed once',
    sent: [{ reason: 'its task hangs', force: false }],
  });
  t.match(await runOnce([...command, '--yes']), { code: 0, out: 'The slot of demo154 is free.\n' });
  const json = await runOnce([...command, '--yes', '--json'], { released: slot });
  t.match(JSON.parse(json.out), { hostname: 'demo154', state: 'SLOT_STATE_REVOKED', revokedBy: 'operator/olga' });
});
