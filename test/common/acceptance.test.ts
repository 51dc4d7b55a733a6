import t from 'tap';
import { acceptCommands } from '../../common/acceptance.ts';

void t.test('what is typed on a node names the root that its agent manages, unless it is the machine’s own', (t) => {
  t.equal(acceptCommands('op-1'), 'systemctl stop uvs-agent; uvs-agent recover --accept op-1 --reason TEXT; systemctl start uvs-agent');
  t.equal(acceptCommands('op-1', '/'), acceptCommands('op-1'));
  t.match(acceptCommands('op-1', '/srv/node-1'), '; uvs-agent --root /srv/node-1 recover --accept op-1 ');
  t.match(acceptCommands('op-1', "/srv/it's"), String.raw`; uvs-agent --root '/srv/it'\''s' recover --accept op-1 `);
  t.end();
});
