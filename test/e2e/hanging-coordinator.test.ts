import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { exitCodes } from '../../cli/exit-codes.ts';
import { writeCredential } from '../../common/credential.ts';
import { TestAuthority } from '../support/authority.ts';
import { programEnv, programPath, run } from '../support/programs.ts';
import { WITHOUT_RUNNER } from '../support/without-runner.ts';

/** A machine that hangs: its kernel takes connections, and nobody there says anything. */
async function hangingMachine() {
  const taken = new Set<Socket>();
  const server = createServer((socket) => {
    taken.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it has no port');
  const dispose = (): void => {
    for (const socket of taken) socket.destroy();
    server.close();
  };
  return { address: `127.0.0.1:${address.port}`, isTaken: once(server, 'connection'), [Symbol.dispose]: dispose };
}

void t.test('uvsctl ends with its error, and at a signal, though a coordinator hangs that has taken its connection', async (t) => {
  const authority = await TestAuthority.create();
  using machine = await hangingMachine();
  const credential = join(t.testdir(), 'credential.json');
  await writeCredential(credential, await authority.issue('admin/anna', [machine.address]));
  const env = { UVS_CREDENTIAL: credential };
  t.match(await run('uvsctl', ['nodes', 'list'], { env, deadlineMs: 30_000 }), {
    code: 10,
    stderr: /cannot be reached \(no answer within 3 s\)/,
  });

  using other = await hangingMachine();
  await writeCredential(credential, await authority.issue('admin/anna', [other.address]));
  const [file, ...prefix] = WITHOUT_RUNNER;
  const child = spawn(file, [...prefix, programPath('uvsctl'), 'status'], {
    env: programEnv(env),
    stdio: 'ignore',
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  await other.isTaken;
  child.kill('SIGTERM');
  const [code, signal] = await once(child, 'exit');
  t.same([code, signal], [exitCodes.CANCELLED, null]);
});
