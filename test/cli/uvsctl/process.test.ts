import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { goodEvents, sampleRollout } from '../../support/fake-rollout.ts';
import { makeOperator, type Operator } from '../../support/uvsctl.ts';

const main = fileURLToPath(new URL('../../../cli/uvsctl/main.ts', import.meta.url));
const authority = await TestAuthority.create();

interface ProcessOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Runs it on a terminal of its own (script, from util-linux); then standard error is in `out`, too. */
  readonly isOnTerminal?: boolean;
  readonly columns?: number;
  /** Typed when the question is there. */
  readonly input?: string;
  readonly whenPrinted?: { readonly text: string; readonly signal: NodeJS.Signals };
}

async function runProcess(
  operator: Operator,
  arguments_: readonly string[],
  options: ProcessOptions = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const command = [process.execPath, main, '--credential', operator.credentialPath, ...arguments_];
  const [file = '', ...rest] =
    options.isOnTerminal === true
      ? ['script', '-qec', `stty cols ${options.columns ?? 80} rows 24; exec ${command.join(' ')}`, '/dev/null']
      : command;
  const { NO_COLOR: _, ...environment } = process.env;
  const child = spawn(file, rest, {
    env: { ...environment, TERM: 'xterm', NODE_NO_WARNINGS: '1', ...options.environment },
    stdio: 'pipe',
    timeout: 20_000,
  });
  let out = '';
  let err = '';
  let isSignalled = false;
  let isAnswered = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (options.input !== undefined && !isAnswered && out.includes('[y/N]')) {
      isAnswered = true;
      child.stdin.write(options.input);
    }
    const when = options.whenPrinted;
    if (when === undefined || isSignalled || !out.includes(when.text)) return;
    isSignalled = true;
    child.kill(when.signal);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  if (options.input === undefined && options.isOnTerminal !== true) child.stdin.end();
  await once(child, 'close');
  child.stdin.destroy();
  return { code: child.exitCode, out, err };
}

await using coordinator = await startFakeCoordinator(authority, {
  'uvs.v1.NodeService': {
    ListNodes: () => ({ nodes: [{ hostname: 'demo1', state: 'NODE_STATE_READY' }] }),
    RemoveNode: () => ({}),
    GetNode: () => ({ node: { hostname: 'demo1' } }),
  },
  'uvs.v1.SlotService': {
    GetSlot: ({ name }) => {
      throw new UvsError('NOT_FOUND', `${name} holds no slot`);
    },
  },
  'uvs.v1.RolloutService': {
    PlanRollout: () => ({ steps: [{ hostname: 'demo1', roles: ['osd'] }] }),
    WatchRollout: async function* ({ name }, { signal }) {
      if (name === 'rollouts/ro-1') yield* goodEvents(4);
      else {
        yield { snapshot: sampleRollout(2, { name, waitingFor: 'gate ceph: osd.2 is down' }), resumeToken: '1' };
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      }
    },
  },
});
await using operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));

await t.test('the program ends with its exit code, and no colours in a pipe', async (t) => {
  const { code, out, err } = await runProcess(operator, ['nodes', 'list']);
  t.equal(code, 0, err);
  t.match(out, /^Node Name +IP Address +Role +UVS Version +Version +State\ndemo1 /);
  t.notMatch(out, '\u001b');
  t.match(await runProcess(operator, ['rollouts', 'watch', 'ro-1']), { code: 0, out: /succeeded/ });
});

await t.test('on a terminal it has colours, but not with NO_COLOR', async (t) => {
  const coloured = await runProcess(operator, ['nodes', 'list'], { isOnTerminal: true });
  t.match(coloured.out, '\u001b[32mready\u001b[0m');
  const plain = await runProcess(operator, ['nodes', 'list'], { isOnTerminal: true, environment: { NO_COLOR: '1' } });
  t.match(plain.out, 'ready');
  t.notMatch(plain.out, '\u001b');
});

await t.test('on a terminal a rollout is shown live, and the cursor comes back', async (t) => {
  const { code, out } = await runProcess(operator, ['rollouts', 'watch', 'ro-1'], { isOnTerminal: true });
  t.equal(code, 0);
  t.match(out, '\u001b[?25l');
  t.match(out, '\u001b[?25h');
  t.match(out, /\[#+\] {2}4 of 4 nodes done/);
});

await t.test('an interrupted watch says how to come back', async (t) => {
  const { code, err } = await runProcess(operator, ['rollouts', 'watch', 'ro-2'], {
    whenPrinted: { text: 'waits: gate ceph', signal: 'SIGINT' },
  });
  t.equal(code, 11);
  t.match(err, 'uvsctl rollouts watch ro-2');
});

await t.test('a question on a terminal is asked and its answer obeyed', async (t) => {
  const no = await runProcess(operator, ['nodes', 'remove', 'demo1', '--reason', 'gone'], { isOnTerminal: true, input: 'n\n' });
  t.equal(no.code, 11);
  t.match(no.out, 'Remove demo1 (');
  const yes = await runProcess(operator, ['nodes', 'remove', 'demo1', '--reason', 'gone'], { isOnTerminal: true, input: 'y\n' });
  t.equal(yes.code, 0);
});

await t.test('Ctrl-C at a question says the same as no: what was not done', async (t) => {
  for (const input of ['n\n', '\u0003']) {
    const { code, out } = await runProcess(operator, ['reboot', '--all'], { isOnTerminal: true, input });
    t.equal(code, 11);
    t.match(out, 'No rollout was created.');
    t.notMatch(out, 'Nothing was changed');
  }
});

await t.test('a terminal that says it has no columns is taken for one of 80', async (t) => {
  const { code, out } = await runProcess(operator, ['rollouts', 'watch', 'ro-1'], { isOnTerminal: true, columns: 0 });
  t.equal(code, 0);
  t.match(out, /\[#+\] {2}4 of 4 nodes done/);
});
