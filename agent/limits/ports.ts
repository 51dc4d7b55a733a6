import type { ObservedUnit } from './judge.ts';
import type { NodeCapacity } from './refusals.ts';
import type { Moment } from './taken.ts';

/** A unit that is there, does not run, and can't be started. */
export interface CannotRun {
  /** Its own name, not that of an alias. */
  readonly id: string;
  /** As a sentence. */
  readonly why: string;
}

/** What limits need of the machine. */
export interface LimitedMachine {
  /** @throws UvsError where it can't be told */
  node(): Promise<NodeCapacity>;
  now(): Promise<Moment>;
  /**
   * Names of the services that match a pattern and are loaded, or run; one that is named without a pattern is there where systemd knows it, by the name
   * that is not an alias. One that is there, does not run and can't be started is told as that.
   */
  matching(pattern: string, signal: AbortSignal): Promise<readonly string[] | CannotRun>;
  /** Whether a service that does not run is there to be started; in doubt it is. */
  isAwaited(unit: string, signal: AbortSignal): Promise<boolean>;
  /** Whether Ceph's configuration has a ratio of its own between an OSD's limit and its target of memory; see osd-memory.ts. */
  isMemoryRatioSet(): Promise<boolean>;
  observe(unit: string, signal: AbortSignal): Promise<ObservedUnit>;
  /** Units for which the agent has written limits, whether or not they are still there. */
  limited(): Promise<readonly string[]>;
  readDropIn(unit: string): Promise<string | undefined>;
  /** @param text undefined removes it, and its directory where that is empty then */
  writeDropIn(unit: string, text: string | undefined): Promise<void>;
  /** Has systemd read its units again, which puts what they say in force for those that run. */
  reload(signal: AbortSignal): Promise<void>;
}
