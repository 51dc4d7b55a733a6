import t from 'tap';
import { task } from '../support/update-node.ts';
import { OneNode, whyNoNode } from './one-node.ts';
import { agentBinds, UpdatedNode } from './updated-node.ts';

t.setTimeout(1_800_000);

/** Waits in a task until the test says go, and tells that it has come so far. */
const wait = 'touch /root/started; until [ -e /root/go ]; do sleep 0.05; done';

void t.test('tasks of an agent that was killed, or whose node crashed', { skip: whyNoNode() ?? false }, async (t) => {
  await using bed = await OneNode.start(agentBinds);
  const { node, slowness } = bed;
  const timeoutSeconds = 30 * slowness;
  using updated = new UpdatedNode(node);
  await updated.prepare('');
  const left = () =>
    node.sh(`systemctl list-units --all --plain --no-legend 'uvs-task-*' | wc -l; ls /run/uvs-agent/tasks | wc -l; pgrep -c sleep || true`);
  let installed = 'none';

  for (const meanwhile of ['runs on', 'has ended'] as const) {
    for (const stage of ['pre', 'post'] as const) {
      await t.test(`an agent that was killed goes on with a ${stage} task that ${meanwhile}, which is run once`, async (t) => {
        await node.sh('rm -f /root/started /root/go /root/ran');
        const script = `echo before; ${wait}; echo ran >> /root/ran; echo after`;
        await updated.applyUntil(
          [task(stage, 'once', script, { idempotent: false, timeoutSeconds }), task(stage, 'next', 'echo next')],
          '/root/started',
        );
        await updated.killAgent();
        if (meanwhile === 'has ended') await node.sh('touch /root/go; while systemctl is-active --quiet "uvs-task-*"; do sleep 0.05; done');
        const recovering = updated.recover();
        if (meanwhile === 'runs on')
          await node.sh(
            'until grep -q "Going on with" "$(ls /var/lib/uvs-agent/output/*.log | tail -n 1)"; do sleep 0.05; done; touch /root/go',
          );
        const { finished, output, release } = await recovering;
        t.match(finished, { code: 0, stdout: /: installed: / }, finished.stderr);
        t.equal(release, (installed = updated.latest));
        t.equal(await node.sh('cat /root/ran'), 'ran');
        const said = output.split('\n').filter((line) => /\| (before|after|next)$/u.test(line));
        t.same(
          [...new Set(said)],
          ['before', 'after', 'next'].map((word) => `${stage}| ${word}`),
        );
        t.equal(await left(), '0\n0\n0');
      });
    }
  }

  for (const [known, first] of [
    ['its unit has written down', ':'],
    ['only systemd remembers', `echo 'kill -KILL $$' > /run/uvs-agent/tasks/uvs-task-$UVS_OPERATION-0/end`],
  ] as const) {
    await t.test(`a task that fails while no agent is there takes the node back: its end ${known}`, async (t) => {
      await node.sh('rm -f /root/started /root/go');
      const script = `${first}; ${wait}; echo no good; exit 3`;
      await updated.applyUntil([task('post', 'bad', script, { idempotent: false, timeoutSeconds })], '/root/started');
      await updated.killAgent();
      await node.sh('touch /root/go; while systemctl is-active --quiet "uvs-task-*"; do sleep 0.05; done');
      const { finished, release } = await updated.recover();
      t.match(finished.stdout, /rolled-back: TASK_FAILED: post task bad exited 3: no good/u);
      t.equal(release, installed);
      t.equal(await left(), '0\n0\n0');
    });
  }

  await t.test(
    'a unit that was taken away, which nobody knows the end of, needs an operator where the task may not run twice',
    async (t) => {
      await node.sh('rm -f /root/started /root/go');
      await updated.applyUntil(
        [task('pre', 'lost', `exec env -i /bin/sh -c '${wait}'`, { idempotent: false, timeoutSeconds })],
        '/root/started',
      );
      await updated.killAgent();
      // not even its environment tells whose it is
      await node.sh('rm -rf /run/uvs-agent/tasks/*');
      const { finished } = await updated.recover();
      t.match(finished, { code: 7, stdout: /needs-operator: NEEDS_OPERATOR: pre task lost was interrupted and may not be run twice/u });
      t.equal(await left(), '0\n0\n0', 'what was left of it is ended');
      const [operation = ''] = /op-[a-z0-9-]+/u.exec(finished.stdout) ?? [];
      t.equal((await node.exec([...updated.agent, 'recover', '--accept', operation, '--reason', 'a test'], { env: updated.env })).code, 0);
    },
  );

  for (const idempotent of [true, false]) {
    await t.test(
      `a node that crashed in a task ${idempotent ? 'runs it again where it may' : 'needs an operator where it may not run it again'}`,
      async (t) => {
        await node.sh('rm -f /root/started /root/go /root/ran');
        await updated.applyUntil(
          [task('post', 'crash', `echo ran >> /root/ran; sync; ${wait}`, { idempotent, timeoutSeconds })],
          '/root/started',
        );
        await node.crash();
        await node.boot();
        await node.sh('touch /root/go');
        const { finished, release } = await updated.recover();
        t.match(finished.stdout, idempotent ? /: installed: / : /: needs-operator: /);
        t.equal(await node.sh('cat /root/ran'), idempotent ? 'ran\nran' : 'ran');
        if (idempotent) t.equal(release, (installed = updated.latest));
      },
    );
  }
});
