import t from 'tap';
import { HttpsClient } from '../../../agent/link/https-source.ts';
import { UvsError } from '../../../common/errors.ts';
import { fingerprintOfPem, TestAuthority } from '../../support/authority.ts';
import { errorOf } from '../../support/failure.ts';
import { closedPort } from '../../support/grpc-server.ts';
import { content, FakePackageServer } from './fake-package-server.ts';
import { patience } from '../../support/patience.ts';

const digest = 'ab'.repeat(32);
const authority = await TestAuthority.create();
const node = await authority.issue('node/n1');
const c1 = await authority.issue('coordinator/c1');
const c2 = await authority.issue('coordinator/c2');
const never = new AbortController().signal;
const untold = (line: string): void => void t.fail(`told: ${line}`);
/** As the manifest's hash judges. */
const isSound =
  (from: number) =>
  (bytes: Uint8Array): boolean =>
    content.subarray(from, from + bytes.length).equals(bytes);

/** A copy in which a disk has changed a byte. */
function rotten(at: number): Buffer {
  const copy = Buffer.from(content);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

function client(
  addresses: readonly string[],
  isWithdrawn: (fingerprint: string) => boolean = () => false,
  slowestBytesPerSecond = 65_536 / patience,
): HttpsClient {
  return new HttpsClient({
    credential: node,
    isWithdrawn,
    addresses: () => addresses,
    onBytes: () => undefined,
    random: () => 0,
    idleMs: 300 * patience,
    slowestBytesPerSecond,
  });
}

void t.test('ranges are read exactly, over one connection', async (t) => {
  await using server = await FakePackageServer.start(c1);
  using https = client([server.address]);
  const source = https.package(digest, content.length, untold);
  t.ok(content.subarray(0, 10).equals(await source.read(0, 10, never)));
  t.ok(content.subarray(1000, 1_001_000).equals(await source.read(1000, 1_000_000, never)));
  t.equal((await source.read(5, 0, never)).length, 0);
  t.equal(server.sockets.size, 1);
});

void t.test('a read resumes where the connection was cut, at another coordinator', async (t) => {
  await using a = await FakePackageServer.start(c1);
  await using b = await FakePackageServer.start(c2);
  a.behave = (_request, response) => {
    response.writeHead(206, { 'content-range': `bytes 0-2999999/${content.length}`, 'content-length': 3_000_000 });
    response.write(content.subarray(0, 1_000_000), () => response.destroy());
  };
  using https = client([a.address, b.address]);
  t.ok(content.subarray(0, 3_000_000).equals(await https.package(digest, content.length, untold).read(0, 3_000_000, never)));
  t.equal(a.ranges[0], 'bytes=0-2999999');
  const [, resumedAt = '0'] = /^bytes=(\d+)-2999999$/.exec(b.ranges[0] ?? '') ?? [];
  t.ok(Number(resumedAt) > 0, `resumed at ${resumedAt}`);
});

void t.test('a coordinator that stalls is left for another one', async (t) => {
  await using a = await FakePackageServer.start(c1);
  await using b = await FakePackageServer.start(c2);
  a.behave = () => undefined;
  using https = client([a.address, b.address]);
  t.ok(content.subarray(0, 99).equals(await https.package(digest, content.length, untold).read(0, 99, never)));
});

void t.test('a coordinator that trickles is left for another one, which goes on from there', async (t) => {
  await using a = await FakePackageServer.start(c1);
  await using b = await FakePackageServer.start(c2);
  let sent = 0;
  a.behave = (_request, response) => {
    response.writeHead(206, { 'content-range': `bytes 0-99999/${content.length}`, 'content-length': 100_000 });
    const drip = setInterval(() => response.write(content.subarray(sent, ++sent)), 50);
    response.once('close', () => clearInterval(drip));
  };
  using https = client([a.address, b.address], undefined, 200_000);
  const read = await https.package(digest, content.length, untold).read(0, 100_000, AbortSignal.timeout(10_000));
  t.ok(content.subarray(0, 100_000).equals(read));
  const [, resumedAt = '0'] = /^bytes=(\d+)-99999$/.exec(b.ranges[0] ?? '') ?? [];
  t.ok(Number(resumedAt) > 0, `resumed at ${resumedAt}`);
});

void t.test('coordinators that give a byte for each connection are given up', async (t) => {
  await using a = await FakePackageServer.start(c1);
  a.behave = (request, response) => {
    const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const length = Number(to) - Number(from) + 1;
    response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${content.length}`, 'content-length': length });
    response.write('x', () => response.destroy());
  };
  using https = client([a.address], undefined, 10_000_000);
  const error = await errorOf(https.package(digest, content.length, untold).read(0, 1_000_000, AbortSignal.timeout(30_000)));
  t.match(error, { reason: 'DEADLINE_EXCEEDED', message: /^bytes 0 to 999999 of package abababababab did not come within [\d.]+ s: / });
  t.ok(a.ranges.length > 1, `${a.ranges.length} connections`);
});

void t.test('where a copy is damaged the other coordinators are asked, and whose it is is told once', async (t) => {
  await using a = await FakePackageServer.start(c1, rotten(500));
  await using b = await FakePackageServer.start(c2);
  using https = client([a.address, b.address]);
  const told: string[] = [];
  const source = https.package(digest, content.length, (line) => told.push(line));
  t.ok(content.subarray(0, 100).equals(await source.read(0, 100, never, isSound(0))));
  t.same([a.ranges.length, b.ranges.length, told], [1, 0, []], 'elsewhere it is good');
  t.ok(content.subarray(400, 600).equals(await source.read(400, 200, never, isSound(400))));
  t.equal(told.length, 1);
  t.match(told[0], `abababababab at ${a.address} is damaged: bytes 400 to 599 are not what was signed`);
  t.ok(content.subarray(450, 550).equals(await source.read(450, 100, never, isSound(450))));
  t.same([a.ranges.length, b.ranges.length, told.length], [2, 2, 1], 'from then on the other one comes first');
  b.behave = (_request, response) => void response.destroy();
  t.ok(content.subarray(0, 100).equals(await source.read(0, 100, never, isSound(0))), 'what is good of the damaged copy is still of use');
});

void t.test('a read that came from two coordinators blames only the one whose copy is damaged', async (t) => {
  await using a = await FakePackageServer.start(c1);
  await using b = await FakePackageServer.start(c2, rotten(2_999_999));
  a.behave = (_request, response) => {
    a.behave = (_next, _response, serve) => serve();
    response.writeHead(206, { 'content-range': `bytes 0-2999999/${content.length}`, 'content-length': 3_000_000 });
    response.write(content.subarray(0, 1_000_000), () => response.destroy());
  };
  using https = client([a.address, b.address]);
  const told: string[] = [];
  const source = https.package(digest, content.length, (line) => told.push(line));
  t.ok(content.subarray(0, 3_000_000).equals(await source.read(0, 3_000_000, never, isSound(0))));
  t.equal(told.length, 1);
  t.match(told[0], ` at ${b.address} is damaged`);
});

void t.test('where all copies are damaged that is said with their addresses; where one cannot be reached it may pass', async (t) => {
  await using a = await FakePackageServer.start(c1, rotten(5));
  await using b = await FakePackageServer.start(c2, rotten(5));
  const nobody = `127.0.0.1:${await closedPort()}`;
  const errorAt = async (...addresses: readonly string[]) => {
    using https = client(addresses);
    return await errorOf(https.package(digest, content.length, () => undefined).read(0, 7, never, isSound(0)));
  };
  const everywhere = await errorAt(a.address, b.address);
  t.equal(everywhere.reason, 'PACKAGE_CORRUPT');
  t.match(everywhere.message, `${a.address} and ${b.address} is damaged`);
  t.match(everywhere.hint, /upload it again/);
  t.match(await errorAt(a.address), { reason: 'PACKAGE_CORRUPT', message: new RegExp(`at ${a.address} is damaged`) });
  const passing = await errorAt(a.address, nobody);
  t.equal(passing.reason, 'UNREACHABLE');
  t.match(passing.message, new RegExp(`${a.address} is damaged.*${nobody} cannot be reached`));
});

void t.test('an answer with another range, size or too many bytes is refused', async (t) => {
  await using a = await FakePackageServer.start(c1);
  using https = client([a.address]);
  const read = (): Promise<Uint8Array> => https.package(digest, content.length, untold).read(0, 100, never);
  for (const range of [`bytes 1-100/${content.length}`, `bytes 0-99/${content.length + 1}`, undefined]) {
    a.behave = (_request, response) => {
      response
        .writeHead(206, { ...(range === undefined ? {} : { 'content-range': range }), 'content-length': 100 })
        .end(content.subarray(0, 100));
    };
    t.equal((await errorOf(read())).reason, 'PACKAGE_CORRUPT', String(range));
  }
  a.behave = (_request, response) => {
    response.writeHead(200, { 'content-length': content.length }).end(content);
  };
  t.equal((await errorOf(read())).reason, 'UNREACHABLE', 'the whole file where a range was asked for');
});

void t.test('a coordinator without the package is passed over; where none has it that is said at once', async (t) => {
  await using a = await FakePackageServer.start(c1);
  await using b = await FakePackageServer.start(c2);
  a.behave = (_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"reason":"NOT_FOUND","message":"no such package"}');
  };
  using both = client([a.address, b.address]);
  t.equal((await both.package(digest, content.length, untold).read(0, 7, never)).length, 7);
  using one = client([a.address]);
  const error = await errorOf(one.package(digest, content.length, untold).read(0, 7, never));
  t.equal(error.reason, 'NOT_FOUND');
  t.match(error.message, digest);
});

void t.test("the API's reason is kept", async (t) => {
  await using a = await FakePackageServer.start(c1);
  a.behave = (_request, response) => {
    response.writeHead(403).end('{"reason":"PERMISSION_DENIED","message":"not assigned to this node","hint":"h"}');
  };
  using https = client([a.address]);
  t.equal((await errorOf(https.package(digest, content.length, untold).read(0, 7, never))).reason, 'PERMISSION_DENIED');
});

void t.test('nobody there is UNREACHABLE with the address; a read past the end is PACKAGE_TRUNCATED', async (t) => {
  const address = `127.0.0.1:${await closedPort()}`;
  using https = client([address]);
  const error = await errorOf(https.package(digest, 100, untold).read(0, 7, never));
  t.equal(error.reason, 'UNREACHABLE');
  t.match(error.message, address);
  t.equal((await errorOf(https.package(digest, 100, untold).read(90, 11, never))).reason, 'PACKAGE_TRUNCATED');
});

void t.test('a withdrawn coordinator is refused also after it was used, and another authority always', async (t) => {
  await using a = await FakePackageServer.start(c1);
  const withdrawn = new Set<string>();
  using https = client([a.address], (fingerprint) => withdrawn.has(fingerprint));
  const source = https.package(digest, content.length, untold);
  await source.read(0, 1, never);
  withdrawn.add(fingerprintOfPem(c1.certificate));
  https.dropConnections();
  t.equal((await errorOf(source.read(0, 1, never))).reason, 'CERTIFICATE_WITHDRAWN');
  t.equal(a.ranges.length, 1);

  await using foreign = await FakePackageServer.start(await (await TestAuthority.create()).issue('coordinator/c1'));
  using other = client([foreign.address]);
  t.equal((await errorOf(other.package(digest, content.length, untold).read(0, 1, never))).reason, 'AUTHORITY_MISMATCH');
  t.equal(foreign.ranges.length, 0);
});

void t.test('a read is cancelled at once', async (t) => {
  await using a = await FakePackageServer.start(c1);
  const stop = new AbortController();
  a.behave = () => stop.abort(new UvsError('CANCELLED', 'withdrawn'));
  using https = client([a.address]);
  t.equal((await errorOf(https.package(digest, content.length, untold).read(0, 7, stop.signal))).reason, 'CANCELLED');
});
