import t from 'tap';
import { isSameHost } from '../../coordinator/same-host.ts';

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
