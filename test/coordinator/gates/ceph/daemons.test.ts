import t from 'tap';
import { readJson } from '../../../../coordinator/gates/ceph/answer.ts';
import { daemonsByHost, daemonsOnHost, nodeDaemons, nodesAnswer, splitName } from '../../../../coordinator/gates/ceph/daemons.ts';
import { facts, node } from '../../../support/domain-records.ts';

const byHost = daemonsByHost({
  mon: new Map([
    ['n1', ['a']],
    ['N2.example.org', ['b']],
    ['n22', ['c']],
  ]),
  osd: new Map([
    ['n1', [0, 10, 2]],
    ['', [7]],
  ]),
  mds: new Map(),
  mgr: new Map([['n1', ['x']]]),
});
const on = (hostname: string, daemons: readonly string[] | undefined, roles: readonly string[] = ['osd']) =>
  nodeDaemons(node(hostname, roles, { facts: facts({ daemons }) }), byHost);

void t.test('a host is known by its short name and by its whole one, and by no name that only begins alike', async (t) => {
  t.same(daemonsOnHost(byHost, 'n1.example.org'), ['mgr.x', 'mon.a', 'osd.0', 'osd.2', 'osd.10']);
  t.same(daemonsOnHost(byHost, 'n2'), ['mon.b']);
  t.same(daemonsOnHost(byHost, 'n2.example.org'), ['mon.b']);
  t.same(daemonsOnHost(byHost, 'n2.example.com'), [], 'another domain is another machine');
  t.same(daemonsOnHost(byHost, 'n'), []);
});

void t.test('a host may have a name that means something to a program', async (t) => {
  const nodes = '{"mon":{"constructor":["a"]},"osd":{"prototype":[1],"__proto__":[2]},"mds":{},"mgr":{}}';
  const named = daemonsByHost(readJson(nodes, ['node', 'ls'], nodesAnswer));
  t.same(
    ['constructor', 'prototype', '__proto__'].map((host) => daemonsOnHost(named, host)),
    [['mon.a'], ['osd.1'], ['osd.2']],
  );
});

void t.test('Ceph and the node must agree on its daemons', async (t) => {
  t.same(on('n2', ['mon.b']), { names: ['mon.b'], mismatch: undefined });
  t.same(on('n3', [], ['rgw']), { names: [], mismatch: undefined }, 'neither knows one');
  t.same(on('n2', ['mon.b', 'osd.5']), {
    names: ['mon.b', 'osd.5'],
    mismatch: 'Ceph and n2 do not agree on its daemons: Ceph says mon.b, the node has data of mon.b osd.5',
  });
  t.same(on('n2', []).mismatch, 'Ceph and n2 do not agree on its daemons: Ceph says mon.b, the node has data of none');
  t.same(on('n2', []).names, ['mon.b'], 'what either knows counts');
});

void t.test('a role promises a daemon: where neither side knows one, one of them is wrong', async (t) => {
  for (const role of ['mon', 'mgr', 'mds', 'osd']) {
    t.equal(
      on('renamed', [], ['rgw', role]).mismatch,
      `renamed has the role ${role}, Ceph has no daemon on a host of that name, and the node has data of none`,
    );
  }
  const retired = new Set(['osd.0', 'osd.2', 'osd.10']);
  const record = node('n1', ['osd'], { facts: facts({ daemons: ['mon.a', 'mgr.x'] }) });
  t.same(nodeDaemons(record, byHost, { retired }), { names: ['mgr.x', 'mon.a'], mismatch: undefined });
  const broken = node('n4', ['osd'], { facts: facts({ daemons: ['osd.3'] }) });
  t.same(nodeDaemons(broken, byHost, { retired: new Set(['osd.3']) }), { names: [], mismatch: undefined }, 'a broken disk is one');
});

void t.test('an agent that can not tell is believed to have what Ceph says, unless its role promises more', async (t) => {
  t.same(on('n2', undefined), { names: ['mon.b'], mismatch: undefined });
  t.match(on('renamed', undefined).mismatch, /renamed has the role osd, Ceph has no daemon on a host of that name/);
  t.same(on('gateway', undefined, ['rgw']), { names: [], mismatch: undefined });
});

void t.test('ten thousand nodes are looked up in a moment', async (t) => {
  const osd = new Map(Array.from({ length: 10_000 }, (_, index) => [`node${index}.example.org`, [index]]));
  const many = daemonsByHost({ mon: new Map(), osd, mds: new Map(), mgr: new Map() });
  const startMs = performance.now();
  for (let index = 0; index < 10_000; index += 1) daemonsOnHost(many, `node${index}`);
  const tookMs = performance.now() - startMs;
  t.ok(tookMs < 1_000, `took ${tookMs.toFixed(0)} ms`);
});

void t.test('a name is split at its first dot', async (t) => {
  t.same(splitName('mds.fs.node1.abcdef'), { type: 'mds', id: 'fs.node1.abcdef' });
  t.equal(splitName('rgw.a'), undefined);
});
