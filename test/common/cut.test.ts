import t from 'tap';
import { cutList, cutText } from '../../common/cut.ts';

void t.test('a text is cut to its bound, shows that, and never ends in half a character', (t) => {
  t.equal(cutText('abcde', 5), 'abcde');
  t.equal(cutText('abcdef', 5), 'abcd…');
  t.equal(cutText('abc💾def', 5), 'abc…');
  t.equal(cutText('abc💾def', 6), 'abc💾…');
  t.end();
});

void t.test('a list is cut to its bound and says how many more there are', (t) => {
  t.same(cutList(['a', 'b', 'c'], 3), ['a', 'b', 'c']);
  t.same(cutList(['a', 'b', 'c', 'd'], 3), ['a', 'b', 'and 2 more']);
  t.end();
});
