import t from 'tap';
import { acceptCommands, ADVICE, withoutCommands } from '../../common/acceptance.ts';

void t.test('the commands name the root that is managed where it is not the system’s, as one word, and no unit of the system', (t) => {
  t.equal(acceptCommands('op-1'), 'systemctl stop uvs-agent; uvs-agent recover --accept op-1 --reason TEXT; systemctl start uvs-agent');
  t.equal(acceptCommands('op-1', '/'), acceptCommands('op-1'));
  const elsewhere = 'uvs-agent --root /srv/node-1';
  t.equal(
    acceptCommands('op-1', '/srv/node-1'),
    `stop the agent of /srv/node-1; ${elsewhere} recover --accept op-1 --reason TEXT; ${elsewhere} run`,
  );
  t.match(acceptCommands('op-1', "/srv/it's"), String.raw`; uvs-agent --root '/srv/it'\''s' recover --accept op-1 `);
  t.end();
});

void t.test('in a line of a table the commands give way to where they are told, whatever root they name and whatever follows', (t) => {
  const short = 'cut off ("uvsctl nodes show" says what to type there)';
  for (const root of ['/', '/srv/node-1', "/srv/it's", '/srv/a b']) {
    t.equal(withoutCommands(`cut off${ADVICE}${acceptCommands('op-1', root)}`), short, root);
    t.equal(
      withoutCommands(`a: cut off${ADVICE}${acceptCommands('op-1', root)}; silent; b: cut off${ADVICE}${acceptCommands('op-2', root)}`),
      `a: ${short}; silent; b: ${short}`,
    );
  }
  // as agents of before have it
  const before = `cut off${ADVICE}systemctl stop uvs-agent; uvs-agent --root /srv/n recover --accept op-1 --reason TEXT; systemctl start uvs-agent`;
  t.equal(withoutCommands(before), short);
  t.equal(withoutCommands('not running: ceph-osd.target'), 'not running: ceph-osd.target');
  t.end();
});
