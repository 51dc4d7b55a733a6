import t from 'tap';
import { acceptCommands } from '../../common/acceptance.ts';
import { refusalToRelease } from '../../coordinator/left-to-operator.ts';
import { slot } from '../support/domain-records.ts';

void t.test('what accepts a node is told once, and for the root that its agent manages where the agent names it', (t) => {
  const left = slot('demo154', { state: 'ended', outcome: 'needs-operator' });
  const accept = acceptCommands(left.operation, '/srv/node');
  const named = refusalToRelease({ ...left, outcomeMessage: `why: on it: ${accept}` }, undefined, 'demo154', false);
  t.match(named, {
    message: /why: on it: .*--root \/srv\/node/,
    hint: /^Put the node in order, then type on it what the reason names\. If the machine is off/,
  });
  const unnamed = refusalToRelease({ ...left, outcomeMessage: 'why' }, undefined, 'demo154', false);
  t.match(unnamed, { hint: `Put the node in order, then, on it: ${acceptCommands(left.operation)}. If the machine is off` });
  t.end();
});
