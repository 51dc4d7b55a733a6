import t from 'tap';
import { defaultTaskLimits, describeMemory } from '../../agent/task-limits.ts';

void t.test('how much memory a task may have is told as a size, and as a share where it is one', (t) => {
  const total = 7_983 * 1024 ** 2;
  const cases = { '64M': '64 MiB', '2G': '2048 MiB', '512K': '512 KiB', '50%': "3991 MiB, 50% of the node's" };
  for (const [memory, words] of Object.entries(cases)) t.equal(describeMemory({ ...defaultTaskLimits, memory }, total), words);
  t.end();
});
