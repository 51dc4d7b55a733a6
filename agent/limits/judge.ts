import { limitKeys, limitNames, type LimitName } from '../../common/limits/keys.ts';
import { describeLimit } from '../../common/limits/value.ts';
import { expectedOf, filesOf, type CgroupVersion, type Said } from './control-group.ts';
import type { Stray } from './reach.ts';
import type { UnitUsage } from './refusals.ts';

/** A unit as it is at this moment. */
export interface ObservedUnit {
  readonly isRunning: boolean;
  /** Why it would not be started again, as a sentence; '' where it would. */
  readonly whyNoStart: string;
  /** What its control group and its main process say, of the keys of which they say anything. */
  readonly said: ReadonlyMap<LimitName, Said>;
  /** What systemd would give its next process, of the keys that hold from a start. */
  readonly toStartWith: ReadonlyMap<LimitName, Said>;
  /** When its main process was started: microseconds of this boot's CLOCK_MONOTONIC; undefined: it has none. */
  readonly startedUs: number | undefined;
  readonly hasBfq: boolean;
  readonly usage: UnitUsage;
  /** A process of its that is not where its limits are. */
  readonly stray: Stray | undefined;
  /** Bytes that its main process was told as its limit at its start. */
  readonly podLimit: number | undefined;
  /** Its drop-ins in the order in which systemd reads them. */
  readonly dropIns: readonly string[];
}

/** How it stands with the limits of a unit. */
export interface Standing {
  /** `unmet`: they were written, and something else holds, or nothing says that they do. */
  readonly state: 'in-force' | 'from-next-start' | 'unmet';
  /** One sentence; '' where they are in force and there is nothing more to say. */
  readonly message: string;
}

/** A service without processes: there is nothing that the kernel could say, of one whose name was mistyped either. */
export const NOT_RUNNING: Standing = { state: 'from-next-start', message: 'it does not run' };

/** What a unit is to have. */
interface Demanded {
  readonly numbers: ReadonlyMap<LimitName, number | undefined>;
  /** Absolute path of the agent's own. */
  readonly ownDropIn: string;
  /** Whether its main process was started with what is in that. */
  readonly isStartedSince: boolean;
  /** Bytes, of osd-memory.ts. */
  readonly podLimit: number | undefined;
  /** What comes of that, for people. */
  readonly aboutPodLimit: string;
}

/** Says which limits hold, from what the kernel says, where that is told at all. */
export function standingOf(wanted: Demanded, unit: ObservedUnit, version: CgroupVersion): Standing {
  if (!unit.isRunning) return NOT_RUNNING;
  const { state, message } = standingOfRunning(wanted, unit, version);
  return { state, message: [message, unit.whyNoStart].filter((part) => part !== '').join('; ') };
}

function standingOfRunning(
  { numbers, ownDropIn, isStartedSince, podLimit, aboutPodLimit }: Demanded,
  unit: ObservedUnit,
  version: CgroupVersion,
): Standing {
  const differing = differingLimits(numbers, unit, version);
  const due = differing.filter((name) => limitKeys[name].isLive || isStartedSince);
  const isUntaken = (name: LimitName): boolean => !limitKeys[name].isLive && isAsWanted(name, numbers, unit.toStartWith.get(name), version);
  const untaken = due.filter(isUntaken).map((name) => describeUntaken(name, numbers.get(name), unit.said.get(name)));
  const overruling = due.filter((name) => !isUntaken(name));
  const overruled = overruling.map((name) => describeOverruled(name, numbers.get(name), unit.said.get(name))).join(', ');
  const later = unit.dropIns.slice(unit.dropIns.indexOf(ownDropIn) + 1);
  const why = overruled === '' || later.length === 0 ? '' : `: ${later.join(' and ')} is read after it`;
  const unproven = whyUnproven(unsaidLimits(numbers, unit, version), unit, version);
  const unmet = [whyUnreached(numbers, unit.stray), ...unproven, ...untaken, `${overruled}${why}`].filter((part) => part !== '');
  if (unmet.length > 0) return { state: 'unmet', message: unmet.join('; ') };
  const atStart = [...differing, ...(unit.podLimit === podLimit ? [] : ['osd_memory_target'])];
  if (atStart.length === 0) return { state: 'in-force', message: aboutPodLimit };
  return { state: 'from-next-start', message: `${atStart.join(' and ')} from its next start` };
}

/** Those of which the kernel says something else. */
export function differingLimits(
  numbers: ReadonlyMap<LimitName, number | undefined>,
  { said, hasBfq }: Pick<ObservedUnit, 'said' | 'hasBfq'>,
  version: CgroupVersion,
): readonly LimitName[] {
  return limitNames.filter((name) => {
    const found = said.get(name);
    return numbers.has(name) && found !== undefined && !expectedOf(name, version, numbers.get(name), hasBfq).includes(found);
  });
}

/** Of a limit that holds from a start, whether systemd has it as it is wanted, as far as it says. */
function isAsWanted(name: LimitName, numbers: Demanded['numbers'], found: Said, version: CgroupVersion): boolean {
  return found === undefined || expectedOf(name, version, numbers.get(name), false).includes(found);
}

function describeUntaken(name: LimitName, wanted: number | undefined, said: Said): string {
  const found = said === 'none' ? 'without a limit' : describeLimit(name, said);
  return `${name} is ${found} although the service has started with ${describeLimit(name, wanted)}: the kernel did not take that, or something has set it otherwise since`;
}

function whyUnreached(numbers: ReadonlyMap<LimitName, number | undefined>, stray: Stray | undefined): string {
  const names = stray?.unreached.filter((name) => numbers.get(name) !== undefined) ?? [];
  return stray === undefined || names.length === 0 ? '' : `nothing holds its daemon to ${names.join(' and ')}: ${stray.sentence}`;
}

/** Those of which the kernel says nothing, so that nobody can tell whether they hold; that there is no limit needs no file. */
function unsaidLimits(
  numbers: ReadonlyMap<LimitName, number | undefined>,
  { said }: Pick<ObservedUnit, 'said'>,
  version: CgroupVersion,
): readonly LimitName[] {
  const isNeeded = (name: LimitName): boolean => numbers.get(name) !== undefined || filesOf(name, version).length === 0;
  return limitNames.filter((name) => numbers.has(name) && said.get(name) === undefined && isNeeded(name));
}

function whyUnproven(
  names: readonly LimitName[],
  { whyNoStart }: Pick<ObservedUnit, 'whyNoStart'>,
  version: CgroupVersion,
): readonly string[] {
  const released = whyNoStart === '' ? [] : names.filter((name) => filesOf(name, version).length > 0);
  const others = names.filter((name) => !released.includes(name)).map((name) => whyUnsaid(name, version));
  // systemd takes the controllers away from a unit that it has not loaded, though it still tells its limits (252)
  return released.length === 0
    ? others
    : [`nothing holds it to ${released.join(', ')}: systemd does that for units that are loaded alone`, ...others];
}

function whyUnsaid(name: LimitName, version: CgroupVersion): string {
  const files = filesOf(name, version).map(({ file }) => file);
  if (files.length === 0) return `nothing says that ${name} holds: the service has no main process`;
  // of the two files of a quota one can't be without the other
  const needed = name === 'IOWeight' ? files.join(' or ') : files[0];
  return `the kernel of this node has no ${name}: there is no ${needed} in the service's control group`;
}

function describeOverruled(name: LimitName, wanted: number | undefined, said: Said): string {
  const kind = limitKeys[name].kind;
  // weights of version 1 are on the kernel's own scale, of which nobody could say what they mean
  const found = said === 'none' ? 'no limit' : kind === 'weight' ? `another (the kernel has ${said})` : describeLimit(name, said);
  return `${name} is ${found}, not ${describeLimit(name, wanted)}`;
}
