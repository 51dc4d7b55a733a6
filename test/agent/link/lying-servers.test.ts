import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import t from 'tap';
import { apply } from '../../../agent/commands/apply.ts';
import { consolePorts, consoleSetup } from '../../../agent/commands/console.ts';
import { HttpsClient } from '../../../agent/link/https-source.ts';
import { Runner } from '../../../agent/runner.ts';
import { serverTlsOptions } from '../../../common/tls.ts';
import { TestAuthority } from '../../support/authority.ts';
import { eventually } from '../../support/eventually.ts';
import { snapshot } from '../../support/tree-snapshot.ts';
import { file, TestNode } from '../../support/update-node.ts';
import { AgentProcess, enrol } from './agent-process.ts';
import { FakeCoordinator } from './fake-coordinator.ts';
import { FakePackageServer } from './fake-package-server.ts';
import { contradictions, failures, lieFrom } from './lies.ts';
import { patience } from '../../support/patience.ts';

t.setTimeout(300_000 * patience);

const UID = '5f2b1c1e-6a55-4c0f-9f0f-0d5a7a1c2b3d';
const token = { epoch: UID, createRevision: '41' };
/** What an agent may take of memory for all lies together, beside what it has when it is idle: a read is at most 16 MiB. */
const MOST_MIB = 64;
const authority = await TestAuthority.create();
const c1 = await authority.issue('coordinator/c1');

/** A node that has a release, and the next one, of more than one segment, at a package server. */
async function scene() {
  const node = new TestNode();
  await node.build('one', { seq: 1, files: [file('opt/app/version', 'one')] });
  await apply(node.console(), { file: node.packagePath('one'), noSlotReason: 'a test' }, new AbortController().signal);
  const { manifestHash } = await node.build('two', {
    seq: 2,
    files: [file('opt/app/version', 'two'), file('opt/noise', randomBytes(6_000_000))],
  });
  const bytes = await readFile(node.packagePath('two'));
  const server = await FakePackageServer.start(c1, bytes);
  return {
    node,
    bytes,
    server,
    package: { packageDigest: createHash('sha256').update(bytes).digest('hex'), packageSizeBytes: String(bytes.length), manifestHash },
    /** The first part of the package, and its second segment, with the first one staged. */
    places: { 'in the first part': 0, 'in a segment': bytes.length - 2_500_000 },
    look: () => snapshot(node.root),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      node[Symbol.dispose]();
    },
  };
}

function memoryKib(pid: number, key: 'VmHWM' | 'VmRSS'): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

void t.test(
  'an agent to which a package server contradicts itself fails the operation at once, by name, and stays as it was',
  async (t) => {
    await using s = await scene();
    await using coordinator = await FakeCoordinator.start(c1);
    await enrol(s.node, UID, await authority.issue(`node/${UID}`, [coordinator.address]));
    coordinator.httpsAddresses = [s.server.address];
    await using agent = new AgentProcess('--root', s.node.root, 'run');
    await eventually('a session', () => coordinator.sessions.length === 1);
    const before = s.look();
    const idleKib = memoryKib(agent.pid, 'VmRSS');
    let number = 0;
    for (const [name, lie] of Object.entries(contradictions)) {
      for (const [where, from] of Object.entries(s.places)) {
        number += 1;
        s.server.behave = lieFrom(from, s.bytes.length, lie);
        coordinator.send({ assign: { operation: `op-${number}`, ...s.package } });
        const report = await eventually(`the end of ${name} ${where}`, () => coordinator.reports[number - 1]);
        t.match(
          report,
          { operation: `op-${number}`, outcome: 'OUTCOME_FAILED', message: /^PACKAGE_CORRUPT: .*127\.0\.0\.1:\d+ answered / },
          `${name} ${where}`,
        );
        t.strictSame(s.look(), before, `${name} ${where}: nothing is changed, or left in the staging area`);
      }
    }
    const grownMib = (memoryKib(agent.pid, 'VmHWM') - idleKib) / 1024;
    t.comment(`${number} contradictions of a package server, memory at most ${grownMib.toFixed(0)} MiB above that of the idle agent`);
    t.ok(grownMib < MOST_MIB, `${grownMib.toFixed(0)} MiB`);
    s.server.behave = (_request, _response, serve) => serve();
    coordinator.send({ assign: { operation: 'op-last', ...s.package } });
    coordinator.send({ grant: { operation: 'op-last', token } });
    const report = await eventually('the end of the honest one', () => coordinator.reports[number]);
    t.match(report, { operation: 'op-last', outcome: 'OUTCOME_INSTALLED' });
    t.equal(readFileSync(join(s.node.root, 'opt/app/version'), 'utf8'), 'two');
  },
);

void t.test(
  'an agent that a package server keeps waiting tells why, is in touch all the while, and gives up when it is told to',
  async (t) => {
    await using s = await scene();
    await using coordinator = await FakeCoordinator.start(c1);
    await enrol(s.node, UID, await authority.issue(`node/${UID}`, [coordinator.address]));
    coordinator.httpsAddresses = [s.server.address];
    await using agent = new AgentProcess('--root', s.node.root, 'run');
    await eventually('a session', () => coordinator.sessions.length === 1);
    const before = s.look();
    const { 'a byte now and then': drip, 'less than it told': short } = failures;
    for (const [index, lie] of [drip, short].entries()) {
      if (lie === undefined) throw new Error('there is no such lie');
      const operation = `op-${index}`;
      s.server.behave = lieFrom(s.places['in a segment'], s.bytes.length, lie);
      const asked = s.server.ranges.length;
      coordinator.send({ assign: { operation, ...s.package } });
      await eventually('it is kept waiting', () => s.server.ranges.length > asked + 1 && existsSync(join(s.node.root, '.uvs-staging')));
      if (lie === short)
        await eventually('it says why', () => /UNREACHABLE: .*; trying again in \d+ ms/.test(output(coordinator, operation)));
      coordinator.send({ healthProbe: { nonce: operation } });
      await eventually('it answers meanwhile', () =>
        coordinator.session.messages.some(({ healthEvidence }) => healthEvidence?.nonce === operation),
      );
      coordinator.send({ cancel: { operation, reason: 'it takes too long' } });
      const report = await eventually('the end', () => coordinator.reports[index]);
      t.match(report, { operation, outcome: 'OUTCOME_NEVER_ACTED', message: /it takes too long/ });
      t.strictSame(s.look(), before);
    }
    t.ok(agent);
  },
);

void t.test('whatever a package server does to keep an agent waiting, its patience has an end that says why', async (t) => {
  await using s = await scene();
  const credential = await authority.issue('node/n1');
  using https = new HttpsClient({
    credential,
    isWithdrawn: () => false,
    addresses: () => [s.server.address],
    onBytes: () => undefined,
    random: () => 0,
    idleMs: 150,
    slowestBytesPerSecond: 20_000_000,
  });
  const setup = await consoleSetup(s.node.console());
  await using runner = await Runner.open(
    { ...setup, bounds: { fetchPatienceMs: 300, fetchRetryMs: 10 } },
    consolePorts(s.node.console()),
    'a test',
  );
  const before = s.look();
  let number = 0;
  const elsewhere: string[] = [];
  await using other = await listen((url) => elsewhere.push(url));
  const all: typeof failures = {
    ...failures,
    'a redirection': (_range, response) => void response.writeHead(302, { location: `https://${other.address}/v1/packages/x` }).end(),
  };
  for (const [name, lie] of Object.entries(all)) {
    for (const [where, from] of Object.entries(s.places)) {
      number += 1;
      s.server.behave = lieFrom(from, s.bytes.length, lie);
      const operation = `op-${number}`;
      const began = performance.now();
      const ended = await runner.runOperation(
        {
          operation,
          packageDigest: s.package.packageDigest,
          origin: {
            open: (_signal, tell) => Promise.resolve(https.package(s.package.packageDigest, s.bytes.length, tell)),
            contentKey: () => Promise.reject(new Error('not encrypted')),
          },
          slots: undefined,
        },
        new AbortController().signal,
      );
      await runner.acknowledge(operation);
      t.match(ended, { outcome: 'failed', message: /^(?:DEADLINE_EXCEEDED|UNREACHABLE): / }, `${name} ${where}`);
      t.match(ended.message, s.server.address, `${name} ${where}: by name`);
      t.ok(performance.now() - began < 10_000, `${name} ${where}: in time`);
      t.strictSame(s.look(), before, `${name} ${where}: nothing is changed, or left in the staging area`);
    }
  }
  t.strictSame(elsewhere, [], 'no redirection is followed');
  t.comment(`${number} ways to keep an agent waiting, each with an end`);
});

/** What the operation has printed, as far as it was answered; asks for it once more. */
function output(coordinator: FakeCoordinator, operation: string): string {
  const { session } = coordinator;
  coordinator.send({ readOutput: { requestId: `r-${session.messages.length}`, operation } });
  return session.messages.map(({ outputChunk }) => outputChunk?.text ?? '').join('');
}

async function listen(onRequest: (url: string) => void): Promise<AsyncDisposable & { readonly address: string }> {
  const server = createServer(serverTlsOptions(c1), (request, response) => {
    onRequest(request.url ?? '');
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return {
    address: `127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
