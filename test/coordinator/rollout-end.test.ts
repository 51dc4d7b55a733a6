import t from 'tap';
import { describeEnd } from '../../coordinator/rollout-end.ts';
import { placeSteps } from '../../coordinator/rollout-situation.ts';
import { done, situation, type Given } from '../support/situations.ts';

const said = (steps: Readonly<Record<string, Given>>, newcomers: readonly string[] = []): string =>
  describeEnd(placeSteps(situation(steps)), newcomers);

void t.test('an end to which there is nothing to add is said without a word', async (t) => {
  t.equal(said({ a: done, b: done }), '');
  t.equal(said({ a: { ...done, isEnrolled: false, isConnected: false } }), '', 'one that has left is nobody’s to look after');
});

void t.test('an end says who was left out and why, who is not well or silent by now, and who came too late', async (t) => {
  const left: Given = { record: { state: 'skipped', message: 'the node has left the cluster' }, isEnrolled: false };
  const steps = { a: done, b: left, c: { ...done, illness: 'unhealthy: not running: ceph-osd@4' }, d: { ...done, isConnected: false } };
  t.equal(
    said(steps, ['e', 'f', 'g', 'h']),
    'left out: b (the node has left the cluster); not well by now: c (unhealthy: not running: ceph-osd@4); silent by now: d; ' +
      'came since and not in it: e, f, g and 1 more',
  );
});
