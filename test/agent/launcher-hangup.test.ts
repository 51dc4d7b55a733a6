import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { layAgentTree } from '../support/agent-versions.ts';
import { LaunchedNode } from '../support/launched-node.ts';

/** Tells its launcher to reload, as systemd does that takes it for the daemon, and says which signal came of it. */
const onTrial = `
for (const signal of ['SIGHUP', 'SIGTERM']) process.on(signal, () => { console.log('came: ' + signal); process.exit(3); });
process.kill(process.ppid, 'SIGHUP');
setTimeout(() => process.exit(4), 20_000);
`;

void t.test('a hangup of the launcher reaches the agent on trial as a hangup, and ends neither', async (t) => {
  using node = new LaunchedNode({ name: 'before', program: `console.log('the agent before goes on');` });
  layAgentTree(node.root, { name: '0.2.9', program: onTrial });
  const state = join(node.root, 'var/lib/uvs-agent');
  mkdirSync(state, { recursive: true });
  writeFileSync(join(state, 'handover.trial'), 'operation op-1\nfrom before\nto 0.2.9\nseconds 60\n');
  const { output } = await node.launch(['run']);
  t.match(output, /came: SIGHUP/u);
  t.notMatch(output, /came: SIGTERM/u);
  t.match(
    output,
    /ended with status 3 before it had confirmed.*\n(?:.*\n)*the agent before goes on/u,
    'it was not taken for a wish to stop',
  );
});
