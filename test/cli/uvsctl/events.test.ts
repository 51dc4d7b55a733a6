import t from 'tap';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();
const uid = '4d3353fd-1111-4222-8333-444455556666';
const other = '7d0a6b1e-1111-4222-8333-444455556666';

await t.test('events name the node that they are about as it was called then; without a name its UID is shortened', async (t) => {
  const event = { actor: `node/${uid}`, resource: `nodes/${uid}`, hostname: 'demo154' };
  const events = [
    { ...event, action: 'slots.ended', message: `op-1: done, beside ${other}` },
    { ...event, actor: 'coordinator', action: 'steps.settle', resource: `rollouts/ro-1/steps/${uid}`, message: 'skipped' },
    { ...event, action: 'old', hostname: '', message: 'before names were kept' },
  ];
  await using coordinator = await startFakeCoordinator(authority, { 'uvs.v1.EventService': { ListEvents: () => ({ events }) } });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const { out } = await operator.run(['events', 'list']);
  t.match(out, /node\/demo154 +slots\.ended +nodes\/demo154 +op-1: done, beside 7d0a6b1e…/u);
  t.match(out, /coordinator +steps\.settle +rollouts\/ro-1\/steps\/demo154 +skipped/u);
  t.match(out, /node\/4d3353fd… +old +nodes\/4d3353fd…/u);
  t.match((await operator.run(['--json', 'events', 'list'])).out, `nodes/${uid}`);
});
