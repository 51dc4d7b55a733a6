import t from 'tap';
import { Copies } from '../../../coordinator/blobs/copies.ts';
import { HandClock } from '../../support/hub.ts';
import { realClock } from '../../support/real-clock.ts';

const [one, none] = [new Set(['d']), new Set<string>()];

void t.test('what was listed and is no more is left over, unless somebody counts on it', async (t) => {
  const copies = new Copies([], realClock);
  copies.listed(one, 5);
  t.notOk(copies.isLeftOver('d'));
  copies.listed(none, 6);
  t.ok(copies.isLeftOver('d'));
  {
    using use = copies.use('d');
    t.notOk(copies.isLeftOver('d'), 'as soon as somebody counts on it, before it is known whether it is listed');
    use.begins({ revision: 7, isListed: false });
  }
  t.notOk(copies.isLeftOver('d'), 'it was not listed since');
  copies.listed(one, 6);
  copies.listed(none, 6);
  t.notOk(copies.isLeftOver('d'), 'lists from before say nothing');
  copies.listed(one, 8);
  copies.listed(none, 9);
  t.ok(copies.isLeftOver('d'));
});

void t.test('what lay here at the start is left over once a list does not have it', async (t) => {
  const copies = new Copies(['d', 'e'], realClock);
  t.notOk(copies.isLeftOver('e'));
  copies.listed(one, 5);
  t.same([copies.isLeftOver('d'), copies.isLeftOver('e')], [false, true]);
});

void t.test('a copy of which nobody could read what became of it is kept until it is listed', async (t) => {
  const copies = new Copies(['d'], realClock);
  copies.listed(none, 5);
  copies.keep('d');
  t.notOk(copies.isLeftOver('d'));
});

void t.test('what is forgotten is forgotten only where nobody brings or lists it', async (t) => {
  const copies = new Copies([], realClock);
  {
    using use = copies.use('d');
    use.begins({ revision: 1, isListed: false });
    copies.forget('d');
    t.same(copies.digests, ['d']);
  }
  copies.forget('d');
  t.same(copies.digests, []);
});

void t.test('what is not listed is unused once nobody has counted on it for a while', async (t) => {
  const clock = new HandClock();
  const copies = new Copies([], clock);
  {
    using use = copies.use('d');
    use.begins({ revision: 1, isListed: false });
    clock.nowMs += 5_000;
    t.notOk(copies.isUnused('d', 1_000), 'it is counted on');
  }
  t.notOk(copies.isUnused('d', 1_000), 'it was counted on a moment ago');
  clock.nowMs += 2_000;
  t.ok(copies.isUnused('d', 1_000));
  copies.listed(one, 2);
  t.notOk(copies.isUnused('d', 1_000), 'it is listed');
});
