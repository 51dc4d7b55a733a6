import t from 'tap';
import { acceptCommands } from '../../common/acceptance.ts';

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
