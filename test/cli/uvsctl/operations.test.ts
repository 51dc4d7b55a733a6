import t from 'tap';
import { OutputCursor } from '../../../cli/uvsctl/operations/output-cursor.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();

await t.test('logs are followed until the operation has ended, and nothing is printed twice', async (t) => {
  let reads = 0;
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.OperationService': {
      GetOperation: ({ name }) => ({ operation: { name, done: reads > 0 } }),
      ReadOutput: async function* () {
        reads += 1;
        yield { text: 'pre| one\npre| \u001b[2Jtw' };
        yield { text: reads === 1 ? 'o\n' : 'o\npost| three\n' };
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  t.match(await operator.run(['operations', 'logs', 'op-1']), { code: 0, out: 'pre| one\npre| ?[2Jtwo\n' });
  reads = 0;
  const { code, out } = await operator.run(['operation', 'logs', 'operations/op-1', '--follow']);
  t.equal(code, 0);
  t.equal(out, 'pre| one\npre| ?[2Jtwo\npost| three\n');
});

await t.test('the output of an operation that failed is followed by what became of it', async (t) => {
  let outcome = 'rolled-back';
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.OperationService': {
      GetOperation: ({ name }) => ({ operation: { name, done: true, outcome, message: 'TASK_FAILED: post task fail exited 3' } }),
      ReadOutput: async function* () {
        yield { text: 'post| no luck\n' };
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  t.match(await operator.run(['operations', 'logs', 'op-1']), {
    code: 0,
    out: 'post| no luck\n',
    err: 'op-1 ended as rolled-back: TASK_FAILED: post task fail exited 3\n',
  });
  outcome = 'installed';
  t.equal((await operator.run(['operations', 'logs', 'op-1'])).err, '');
});

await t.test('where nothing of an output can be had, what is known of the operation and where its output lies is told', async (t) => {
  let isDone = false;
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.OperationService': {
      GetOperation: ({ name }) => ({
        operation: {
          name,
          hostname: 'demo7',
          phase: 'post',
          message: 'Running post task migrate',
          done: isDone,
          outcome: isDone ? 'failed' : '',
        },
      }),
      ReadOutput: async function* () {
        yield { text: '', truncated: true };
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  const place = 'It is on demo7, below the root that its agent manages: /var/lib/uvs-agent/output/op-1.log';
  t.match(await operator.run(['operations', 'logs', 'op-1']), {
    code: 0,
    err: `The node cannot be reached, or keeps the output no more, and the cluster keeps no tail before the end. The last that it told: post: Running post task migrate. ${place}\n`,
  });
  isDone = true;
  t.match((await operator.run(['operations', 'logs', 'op-1'])).err, `and the cluster keeps no tail. ${place}\nop-1 ended as failed`);
});

await t.test('the tail of a node that is away continues what was printed', async (t) => {
  const cursor = new OutputCursor();
  t.equal(cursor.take({ text: 'a\nb\n', isTail: false }), 'a\nb\n');
  t.equal(cursor.take({ text: 'a\nb\nc\n', isTail: true }), 'c\n');
  t.equal(cursor.take({ text: 'a\nb\nc\nd\n', isTail: false }), 'd\n');
  t.equal(cursor.take({ text: 'x\ny\n', isTail: true }), 'x\ny\n', 'a tail that starts later is new as a whole');
});
