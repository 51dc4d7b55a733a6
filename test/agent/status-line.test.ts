import t from 'tap';
import { StatusLine } from '../../agent/status-line.ts';

void t.test('the status follows the contact and the phases of what goes on', (t) => {
  const status = new StatusLine('demo154');
  t.equal(status.text, 'demo154: degraded, looking for the leading coordinator');
  status.connected('10.0.0.1:7443');
  t.ok(status.phase('op-1', 'fetching'));
  status.connected(undefined);
  t.ok(status.refused('the certificate of node/1 was withdrawn'));
  t.notOk(status.refused('the certificate of node/1 was withdrawn'), 'is no news');
  t.equal(status.text, 'demo154: degraded, refused: the certificate of node/1 was withdrawn; op-1: fetching');
  status.connected('10.0.0.1:7443');
  t.notOk(status.refused(''), 'nothing is left of it');
  t.notOk(status.phase('op-1', 'fetching'), 'more progress in a phase is no news');
  t.ok(status.phase('op-1', 'committing'));
  t.equal(status.text, 'demo154: connected to 10.0.0.1:7443; op-1: committing');
  status.ended('op-1');
  t.equal(status.text, 'demo154: connected to 10.0.0.1:7443');
  t.end();
});
