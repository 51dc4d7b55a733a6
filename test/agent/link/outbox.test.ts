import t from 'tap';
import { Outbox } from '../../../agent/link/outbox.ts';
import type { OpenOperation } from '../../../agent/link/operations.ts';
import { createLogger } from '../../../common/log.ts';
import { CoordinatorClient } from '../../../common/rpc/client.ts';
import { TestAuthority } from '../../support/authority.ts';
import { eventually } from '../../support/eventually.ts';
import { definition } from '../../support/grpc-server.ts';
import { FakeCoordinator } from './fake-coordinator.ts';

const authority = await TestAuthority.create();
const log = createLogger('test', { level: 'error', isJournal: false, write: () => undefined });

void t.test('an end is reported, with the reason to go without a slot, also by a node that cannot tell its facts', async (t) => {
  await using coordinator = await FakeCoordinator.start(await authority.issue('coordinator/c1'));
  using client = new CoordinatorClient({ ...(await authority.issue('node/n1')), coordinators: [coordinator.address] }, { definition });
  const ended = {
    operation: 'op-1',
    token: undefined,
    isLocal: true,
    noSlotReason: 'x'.repeat(1025),
    outcome: 'failed',
    message: 'm',
    outputTail: '',
  } as const;
  const open: OpenOperation[] = [{ operation: 'op-1', phase: 'failed', token: undefined, ended, isInterrupted: false }];
  const stop = new AbortController();
  const outbox = new Outbox({
    operations: { openOperations: () => Promise.resolve(open), acknowledge: () => Promise.resolve(void open.pop()) },
    client,
    facts: () => Promise.reject(new Error('the disk answers nothing')),
    onAcknowledged: () => undefined,
    random: () => 0.5,
    log,
  });
  const done = outbox.run(stop.signal);
  await eventually('the acknowledgement', () => open.length === 0);
  t.match(coordinator.reports, [{ operation: 'op-1', outcome: 'OUTCOME_FAILED', facts: null, local: true, noSlotReason: /^x{1023}…$/u }]);
  stop.abort();
  await done;
});
