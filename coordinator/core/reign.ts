import type { Logger } from '../../common/log.ts';
import { Runner } from '../runner.ts';
import { DrainKeeper } from './drains.ts';
import type { Leading } from './leading.ts';
import { RolloutObserver } from './rollout-observer.ts';
import { SlotProtocol } from './slot-protocol.ts';

/** All that works while this coordinator leads, made anew for each term. */
export interface Reign {
  readonly leading: Leading;
  readonly protocol: SlotProtocol;
  readonly observer: RolloutObserver;
  readonly runner: Runner;
  readonly drains: DrainKeeper;
}

export function makeReign(leading: Leading, log: Logger): Reign {
  const protocol = new SlotProtocol(leading);
  const observer = new RolloutObserver(leading, () => protocol.asked());
  const drains = new DrainKeeper(leading);
  return { leading, protocol, observer, drains, runner: new Runner({ leading, protocol, observer, drains, log }) };
}
