import t from 'tap';
import { Copies } from '../../../coordinator/blobs/copies.ts';

const [one, none] = [new Set(['d']), new Set<string>()];

void t.test('what was listed and is no more is left over, unless somebody counts on it', async (t) => {
  const copies = new Copies([]);
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
  const copies = new Copies(['d', 'e']);
  t.notOk(copies.isLeftOver('e'));
  copies.listed(one, 5);
  t.same([copies.isLeftOver('d'), copies.isLeftOver('e')], [false, true]);
});

void t.test('a copy of which nobody could read what became of it is kept until it is listed', async (t) => {
  const copies = new Copies(['d']);
  copies.listed(none, 5);
  copies.keep('d');
  t.notOk(copies.isLeftOver('d'));
});

void t.test('what is forgotten is forgotten only where nobody brings or lists it', async (t) => {
  const copies = new Copies([]);
  {
    using use = copies.use('d');
    use.begins({ revision: 1, isListed: false });
    copies.forget('d');
    t.same(copies.digests, ['d']);
  }
  copies.forget('d');
  t.same(copies.digests, []);
});
