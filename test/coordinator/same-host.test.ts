import t from 'tap';
import { isCalled, isSameHost } from '../../coordinator/same-host.ts';

void t.test('a machine is known by its short name or its whole one, in any case', async (t) => {
  for (const [left, right] of [
    ['demo151', 'demo151'],
    ['demo151', 'Demo151'],
    ['demo151', 'demo151.storage.example'],
    ['DEMO151.storage.example', 'demo151'],
  ] as const) {
    t.ok(isSameHost(left, right), `${left} ${right}`);
  }
});

void t.test('other machines are not taken for it', async (t) => {
  for (const [left, right] of [
    ['demo151', 'demo15'],
    ['demo151', 'demo1511'],
    ['demo151.a.example', 'demo151.b.example'],
  ] as const) {
    t.notOk(isSameHost(left, right), `${left} ${right}`);
  }
});

void t.test('a node is taken for a machine by its whole name or its short one, and by no longer one of its own making', async (t) => {
  for (const hostname of ['mon1', 'MON1', 'mon1.storage.example']) t.ok(isCalled(hostname, 'Mon1.storage.example'), hostname);
  t.ok(isCalled('mon1', 'mon1'));
  for (const hostname of ['mon1.foreign.example', 'mon1.storage', 'mon11']) t.notOk(isCalled(hostname, 'Mon1.storage.example'), hostname);
  t.notOk(isCalled('mon1.foreign.example', 'mon1'));
});
