import type { Pulse } from '../../common/pulse.ts';
import type { Logger } from '../../common/log.ts';
import { Runner } from '../runner.ts';
import { Assignments } from '../runner/assignments.ts';
import { BackgroundWork } from '../runner/background-work.ts';
import { CommandThrottle } from '../runner/command-throttle.ts';
import { Grants } from '../runner/grants.ts';
import { Housekeeping } from '../runner/housekeeping.ts';
import { OwnMachine } from '../runner/own-machine.ts';
import { Questions } from '../runner/questions.ts';
import { RolloutDriver } from '../runner/rollout-driver.ts';
import { DrainKeeper } from './drains.ts';
import type { Leading } from './leading.ts';
import { RolloutObserver } from './rollout-observer.ts';
import { SlotAdmission } from './slot-admission.ts';
import { SlotProtocol } from './slot-protocol.ts';

/** All that works while this coordinator leads, made anew for each term. */
export interface Reign {
  readonly leading: Leading;
  readonly protocol: SlotProtocol;
  readonly observer: RolloutObserver;
  readonly runner: Runner;
  readonly ownMachine: OwnMachine;
  readonly drains: DrainKeeper;
}

export function makeReign(leading: Leading, pulse: Pick<Pulse, 'turn' | 'rest'>, log: Logger): Reign {
  const admission = new SlotAdmission(leading);
  const protocol = new SlotProtocol(leading, admission);
  const drains = new DrainKeeper(leading);
  const observer = new RolloutObserver(leading, () => protocol.asked(), drains);
  const background = new BackgroundWork(leading.term, log);
  const commands = new CommandThrottle(leading.clock, leading.timings.repeatMs);
  const questions = new Questions(leading, observer, background);
  const ownMachine = new OwnMachine({ leading, admission, background, log });
  const rollouts = new RolloutDriver({
    leading,
    protocol,
    observer,
    background,
    commands,
    questions,
    assignments: new Assignments(leading, background, commands),
    grants: new Grants({ leading, protocol, drains, questions, commands }),
    ownMachine,
    log,
  });
  const housekeeping = new Housekeeping({ leading, protocol, drains, background, questions, commands });
  const runner = new Runner({ leading, observer, background, rollouts, housekeeping, pulse, log });
  return { leading, protocol, observer, drains, ownMachine, runner };
}
