import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import type { Slot } from '../../../proto/gen/uvs/v1/Slot.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { makeOperator } from '../../support/uvsctl.ts';

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
