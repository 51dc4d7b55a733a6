import { existsSync } from 'node:fs';
import type { Tasks } from '../ports.ts';
import type { TaskLimits } from '../task-limits.ts';
import { processTasks } from './process-tasks.ts';
import { systemdProgram } from './systemd-program.ts';
import { unitTasks } from './unit-tasks.ts';

/** How tasks run below a managed root: as units where systemd runs the machine (sd_booted(3)), else as process groups. */
export function tasksAt(root: string, limits: TaskLimits): Tasks {
  const isUnits = root === '/' && existsSync('/run/systemd/system');
  return isUnits ? unitTasks({ systemd: systemdProgram, directory: '/run/uvs-agent/tasks', limits }) : processTasks(limits);
}
