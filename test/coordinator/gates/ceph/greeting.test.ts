import { createServer, type Server, type Socket } from 'node:net';
import t from 'tap';
import { greetDaemons } from '../../../../coordinator/gates/ceph/greeting.ts';
import { freePort } from '../../../../coordinator/free-port.ts';

const forever = new AbortController().signal;

async function listening(
  t: { teardown(handler: () => void): void },
  onConnection: (socket: Socket) => void,
): Promise<{ readonly host: string; readonly port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { host: '127.0.0.1', port: address.port };
}

void t.test('a monitor is there when one of its addresses begins as a messenger does', async (t) => {
  const v1 = await listening(t, (socket) => socket.write('ceph v027'));
  const v2 = await listening(t, (socket) => {
    socket.write('ce');
    setTimeout(() => socket.write('ph v2\n'), 20);
  });
  const silent = await listening(t, () => undefined);
  const refusing = { host: '127.0.0.1', port: await freePort('127.0.0.1') };
  const monitors = [
    { name: 'a', addresses: [v1] },
    { name: 'b', addresses: [refusing, v2] },
    { name: 'c', addresses: [silent, v1] },
  ];
  const startMs = performance.now();
  t.same(await greetDaemons(5_000)(monitors, forever), []);
  t.ok(performance.now() - startMs < 3_000, 'one that answers ends the wait for the other');
});

void t.test('one that refuses, is silent, says something else or has no address that is known does not answer', async (t) => {
  const silent = await listening(t, () => undefined);
  const other = await listening(t, (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n'));
  const closing = await listening(t, (socket) => socket.end());
  const monitors = [
    { name: 'refusing', addresses: [{ host: '127.0.0.1', port: await freePort('127.0.0.1') }] },
    { name: 'silent', addresses: [silent] },
    { name: 'other', addresses: [other] },
    { name: 'closing', addresses: [closing] },
    { name: 'homeless', addresses: [] },
  ];
  t.same(await greetDaemons(200)(monitors, forever), ['refusing', 'silent', 'other', 'closing', 'homeless']);
});

void t.test('an abort ends the wait', async (t) => {
  const silent = await listening(t, () => undefined);
  t.same(await greetDaemons(60_000)([{ name: 'a', addresses: [silent] }], AbortSignal.timeout(100)), ['a']);
});
