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

/**
 * Says which limits hold, from what the kernel says, where that is told at all.
 * @param wanted `ownDropIn` is the absolute path of the agent's own; `podLimit` in bytes, of osd-memory.ts, and what comes of it for people
 */
export function standingOf(
  wanted: {
    readonly numbers: ReadonlyMap<LimitName, number | undefined>;
    readonly ownDropIn: string;
    readonly podLimit: number | undefined;
    readonly aboutPodLimit: string;
  },
  unit: ObservedUnit,
  version: CgroupVersion,
): Standing {
  if (!unit.isRunning) return NOT_RUNNING;
  const { state, message } = standingOfRunning(wanted, unit, version);
  return { state, message: [message, unit.whyNoStart].filter((part) => part !== '').join('; ') };
}

function standingOfRunning(
  { numbers, ownDropIn, podLimit, aboutPodLimit }: Parameters<typeof standingOf>[0],
  unit: ObservedUnit,
  version: CgroupVersion,
): Standing {
  const differing = differingLimits(numbers, unit, version);
  const live = differing.filter((name) => limitKeys[name].isLive);
  const overruled = live.map((name) => describeOverruled(name, numbers.get(name), unit.said.get(name))).join(', ');
  const later = unit.dropIns.slice(unit.dropIns.indexOf(ownDropIn) + 1);
  const why = overruled === '' || later.length === 0 ? '' : `: ${later.join(' and ')} is read after it`;
  const unproven = unsaidLimits(numbers, unit, version).map((name) => whyUnsaid(name, version));
  const unmet = [whyUnreached(numbers, unit.stray), ...unproven, `${overruled}${why}`].filter((part) => part !== '');
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
