import { join } from 'node:path';
import t from 'tap';
import { nodeRecipient } from '../../agent/commands/identity.ts';

void t.test('an identity that is made by two at once is one, and whoever is told a recipient can count on it', async (t) => {
  const path = join(t.testdir(), 'var/lib/uvs-agent/package.identity');
  const told = await Promise.allSettled(Array.from({ length: 4 }, () => nodeRecipient(path)));
  const kept = await nodeRecipient(path);
  t.not(told.filter(({ status }) => status === 'fulfilled').length, 0);
  for (const one of told) {
    if (one.status === 'fulfilled') t.equal(one.value, kept);
    else t.match(one.reason, { reason: 'BUSY', hint: /uvs-agent identity/ });
  }
});
