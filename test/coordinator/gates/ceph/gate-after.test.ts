import t from 'tap';
import { UvsError } from '../../../../common/errors.ts';
import { errorOf } from '../../../support/failure.ts';
import { answerText } from './answers.ts';
import { Bench, n1, n2, n3, osdDumpWith, with_ } from './gate-bench.ts';

void t.test('a node is back after a soak in which all was well', async (t) => {
  const bench = new Bench();
  const { note } = await bench.ask('before-begin', n3);
  const drains = [{ uid: n3.uid, operation: 'op', state: 'set', set: {}, notes: { ceph: note ?? '' } }] as const;
  const { answers } = bench.ceph;
  answers.set('osd dump', answerText('16.2.15/osds.json').replace('"up_from": 7', '"up_from": 19'));
  answers.set('quorum_status', answerText('16.2.15/quorum.json').replace('"election_epoch": 8', '"election_epoch": 12'));
  const after = async () => await bench.ask('after', n3, { drains });
  t.match(await after(), { isYes: false, message: 'mon.c, osd.2 back; must stay so for 10 s more' });
  bench.nowMs = 9_000;
  answers.set('pg stat', answerText('16.2.15/pgs-osd-down.json'));
  t.match(await after(), { isYes: false, message: /placement groups are not active\+clean/ });
  answers.set('pg stat', answerText('16.2.15/pgs.json'));
  bench.nowMs = 11_000;
  t.match(await after(), { isYes: false, message: /must stay so for 10 s more/ }, 'a relapse begins the soak anew');
  bench.nowMs = 13_000;
  answers.set('health', () => {
    throw new UvsError('DEADLINE_EXCEEDED', 'ceph health did not answer in time');
  });
  t.match(await errorOf(after()), { reason: 'DEADLINE_EXCEEDED' });
  answers.set('health', answerText('16.2.15/health.json'));
  bench.nowMs = 14_000;
  t.match(await after(), { isYes: false, message: /must stay so for 10 s more/ }, 'and so does a time in which nobody could look');
  bench.nowMs = 24_000;
  t.match(await after(), { isYes: true, message: 'mon.c, osd.2 back, and well for 10 s' });
});

void t.test('daemons of which nothing shows that they have started anew are waited for until Ceph must have noticed', async (t) => {
  const bench = new Bench();
  const { note } = await bench.ask('before-begin', n3);
  const drains = [{ uid: n3.uid, operation: 'op', state: 'set', set: {}, notes: { ceph: note ?? '' } }] as const;
  t.match(await bench.ask('after', n3, { drains }), {
    isYes: false,
    message: /nothing shows that mon\.c, osd\.2 has started anew.*: 30 s more/,
  });
  bench.nowMs = 29_000;
  t.match(await bench.ask('after', n3, { drains }), { isYes: false, message: /: 1 s more/ });
  bench.nowMs = 30_000;
  t.match(await bench.ask('after', n3, { drains }), { isYes: true });
  t.match(await bench.ask('after', n3, { drains }), { isYes: false }, 'the next time it is waited for again');
});

void t.test('what was watched in an earlier term counts for nothing', async (t) => {
  const bench = new Bench();
  await bench.ask('after', n3);
  bench.nowMs = 60_000;
  t.match(await bench.ask('after', n3, { leadingSinceMs: 50_000 }), { isYes: false, message: /: 30 s more/ });
});

void t.test('a daemon that the node had at its beginning must be back, also if nobody knows it any more', async (t) => {
  const bench = new Bench();
  const { note } = await bench.ask('before-begin', n3);
  const drains = [{ uid: n3.uid, operation: 'op', state: 'set', set: {}, notes: { ceph: note ?? '' } }] as const;
  bench.ceph.answers.set('node ls', answerText('16.2.15/nodes.json').replace(/"n3": \[\s*2\s*\]/, '"n3": []'));
  bench.ceph.answers.set('osd dump', answerText('16.2.15/osds.json').replace('"osd": 2', '"osd": 22'));
  t.match(await bench.ask('after', with_('n3', 'mon.c'), { drains }), { isYes: false, message: 'not back: osd.2' });
});

void t.test('an OSD that was out of service when the node began is not waited for, and one that fell out since is', async (t) => {
  const nodes = answerText('16.2.15/nodes.json').replace(/"n3": \[\s*2\s*\]/, '"n3": [2, 3]');
  const dead = (id: number, state: string, up = 0, isIn = 0) => ({ osd: id, up, in: isIn, up_from: 5, state: ['exists', state] });
  for (const [state, daemons] of [
    ['autoout', ['mon.c', 'osd.2', 'osd.3']],
    ['destroyed', ['mon.c', 'osd.2']],
  ] as const) {
    const bench = new Bench({ 'node ls': nodes, 'osd dump': osdDumpWith(dead(3, state)) });
    const about = with_('n3', ...daemons);
    const { isYes, message, note } = await bench.ask('before-begin', about);
    t.match({ isYes, message }, { isYes: true, message: 'Ceph can spare mon.c, osd.2' }, state);
    const drains = [{ uid: about.uid, operation: 'op', state: 'set', set: {}, notes: { ceph: note ?? '' } }] as const;
    await bench.ask('after', about, { drains });
    bench.nowMs = 30_000;
    t.match(await bench.ask('after', about, { drains }), { isYes: true, message: /^mon\.c, osd\.2 back/ }, state);
    bench.ceph.answers.set('osd dump', osdDumpWith(dead(3, state), dead(2, 'autoout')));
    t.match(
      await bench.ask('after', about, { drains }),
      { isYes: false, message: 'not back: osd.2' },
      'it was in service at the beginning',
    );
  }
});

void t.test('an OSD that is up, and one that is missed, is in service', async (t) => {
  const ofCeph = with_('n3', 'mon.c');
  for (const [up, isIn] of [
    [1, 0],
    [0, 1],
  ] as const) {
    const bench = new Bench({ 'osd dump': osdDumpWith({ osd: 2, up, in: isIn, up_from: 7, state: ['exists'] }) });
    t.match(await bench.ask('before-grant', ofCeph), { isYes: false, message: /do not agree/ }, `up ${up}, in ${isIn}`);
  }
});

void t.test('a node that is judged before its operation is over is watched anew from its end, and settles nothing', async (t) => {
  const bench = new Bench();
  await bench.throughStep(n1, { hasEnded: false });
  t.match(await bench.ask('after', n1, { hasEnded: false }), { isYes: true }, 'as often as it asks');
  t.match(await bench.ask('before-grant', n2, { othersChangedMs: bench.nowMs }), { isYes: false }, 'it may go back yet');
  t.match(await bench.ask('after', n1), { isYes: false, message: /: 30 s more/ }, 'what it did since, Ceph may not have noticed');
  bench.nowMs += 30_000;
  t.match(await bench.ask('after', n1), { isYes: true });
});
