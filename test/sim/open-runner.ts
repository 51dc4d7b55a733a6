import { noFailpoints } from '../../agent/failpoints.ts';
import type { Handover } from '../../agent/handover.ts';
import { noContact } from '../../agent/link/session-contact.ts';
import type { OperationObserver } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import type { Machine } from './machine.ts';
import { simulatedRoot } from './packages.ts';

const nobody: OperationObserver = { progress: () => undefined, output: () => undefined };

/** The simulated releases bring no agent. */
const noHandover: Handover = {
  running: undefined,
  launcher: undefined,
  state: async () => undefined,
  prepare: async () => undefined,
  move: async () => undefined,
  forget: async () => undefined,
  sweep: async () => [],
};

/** Opens the state of a machine's agent; without an observer for somebody at its console. */
export function openRunner(machine: Machine, observer: OperationObserver = nobody): Promise<Runner> {
  return Runner.open(
    { root: '/', statePath: machine.statePath, nodeName: machine.hostname, trustedRoot: () => Promise.resolve(simulatedRoot) },
    {
      clock: { nowMs: () => performance.now() },
      services: machine.services,
      units: machine.units,
      machine: machine.machine,
      tasks: machine.tasks,
      handover: noHandover,
      contact: noContact,
      migrations: undefined,
      looksOver: () => Promise.resolve(),
      observer,
      failpoints: noFailpoints,
      facts: async () => ({ ...machine.facts, roles: machine.roles }),
    },
    'the simulation',
  );
}
