import { limitKeys, type LimitName } from '../../common/limits/keys.ts';
import { describeLimit, type NodeSize } from '../../common/limits/value.ts';
import type { WantedLimits } from './wanted.ts';
import { expectedOf, type CgroupVersion, type Said } from './control-group.ts';

type Numbers = WantedLimits['numbers'];

/** What a unit uses at this moment; undefined: it does not run, or it can't be told. */
export interface UnitUsage {
  /** Without what the kernel can drop at once (page cache that nobody uses). */
  readonly memoryBytes: number | undefined;
  readonly tasks: number | undefined;
  /** Of its main process. */
  readonly openFiles: number | undefined;
}

/** What is looked at of a unit that is loaded. */
export interface UsedUnit {
  readonly usage: UnitUsage;
  /** What the kernel has for it now. */
  readonly said: ReadonlyMap<LimitName, Said>;
}

/** What a node has to give. */
export interface NodeCapacity extends NodeSize {
  readonly cgroupVersion: CgroupVersion;
  /** The most that any process may ask for (fs.nr_open). */
  readonly mostOpenFiles: number;
}

/**
 * Says why limits can't be carried out on this node, with all that speaks against it for each unit that is refused; all of a unit's limits are, or none. Together the units
 * may not be promised more memory than the node has, with what those keep that are refused by themselves: then every one with a limit of memory is, for
 * nobody here knows which is meant. A service may well use more than a limit that holds already.
 * @param unitOf the units that are loaded
 * @param keptOf what units are left with where they are refused
 * @param failed those with which something goes wrong, and which are left as they are
 */
export function refusals(
  wanted: readonly WantedLimits[],
  unitOf: ReadonlyMap<string, UsedUnit>,
  node: NodeCapacity,
  keptOf: ReadonlyMap<string, Numbers>,
  failed: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const reasonsOf = new Map<string, readonly string[]>();
  for (const { unit, numbers, conflict } of wanted) {
    const against = reasonsAgainst(new Map([...numbers].filter((limit) => whyTooLittle(limit) === '')), unitOf.get(unit), node);
    const reasons = [whyReserved(unit), conflict, ...[...numbers].map(whyTooLittle), ...against].filter((reason) => reason !== '');
    if (reasons.length > 0) reasonsOf.set(unit, reasons);
  }
  const promised = wanted.filter(({ unit }) => unitOf.has(unit) || failed.has(unit));
  const whyTooMuch = (isKept: (unit: string) => boolean): string => {
    const parts = promised.map(({ unit, numbers }) => ({
      isKept: isKept(unit),
      bytes: isKept(unit) ? keptMemory(keptOf.get(unit), unitOf.get(unit)) : (numbers.get('MemoryMax') ?? 0),
    }));
    return tooMuch(parts, node);
  };
  const withKept = whyTooMuch((unit) => reasonsOf.has(unit) || failed.has(unit));
  // who mends what a unit is refused for by itself would meet it next
  const together = whyTooMuch((unit) => failed.has(unit));
  const refused = new Map<string, string>();
  for (const { unit, numbers } of wanted) {
    const its = reasonsOf.get(unit) ?? [];
    const isPromised = numbers.get('MemoryMax') !== undefined && !failed.has(unit);
    const sum = !isPromised ? '' : its.length === 0 ? withKept : together;
    const reasons = [...its, sum].filter((reason) => reason !== '');
    if (reasons.length > 0) refused.set(unit, reasons.join('; '));
  }
  return refused;
}

/** Sentence; '' where the memory of the node is enough for all. */
function tooMuch(parts: readonly { readonly isKept: boolean; readonly bytes: number }[], { memoryBytes }: NodeCapacity): string {
  const some = parts.filter(({ bytes }) => bytes > 0);
  const sum = some.reduce((total, { bytes }) => total + bytes, 0);
  if (sum <= memoryBytes) return '';
  const withKept = some.some(({ isKept }) => isKept) ? ' with what some of them keep' : '';
  return `MemoryMax of ${some.length} units comes to ${describeLimit('MemoryMax', sum)}${withKept}, and the node has ${describeLimit('MemoryMax', memoryBytes)}`;
}

/** Whoever could take these their memory or their processes would have the node without its agent, or without systemd's answers. */
const RESERVED = /^(uvs-agent|dbus|dbus-broker|systemd-.+)\.service$/;

function whyReserved(unit: string): string {
  return RESERVED.test(unit) ? 'nobody limits the agent, D-Bus or services of systemd itself from afar' : '';
}

/** Sentence about a share that comes to less than a daemon can run with; of what a unit has already nobody takes it away for that. */
function whyTooLittle([name, number]: readonly [LimitName, number | undefined]): string {
  const { least } = limitKeys[name];
  if (number === undefined || number >= least) return '';
  return `${name} comes to ${describeLimit(name, number)} here, and has to be ${describeLimit(name, least)} or more`;
}

/** Sentences why a unit can't bear limits now. */
export function reasonsAgainst(numbers: Numbers, unit: UsedUnit | undefined, node: NodeCapacity): readonly string[] {
  return [...numbers].map(([name, number]) => refusalOf(name, number, unit, node)).filter((reason) => reason !== '');
}

/** Bytes; 0: no limit. Somebody else may have set one. */
function keptMemory(kept: Numbers | undefined, unit: UsedUnit | undefined): number {
  const said = unit?.said.get('MemoryMax');
  return kept?.get('MemoryMax') ?? (typeof said === 'number' ? said : 0);
}

function refusalOf(name: LimitName, number: number | undefined, unit: UsedUnit | undefined, node: NodeCapacity): string {
  if (name === 'MemoryHigh' && node.cgroupVersion === 1) return 'the control groups of this node are of version 1, which has no MemoryHigh';
  if (number === undefined) return '';
  if (name === 'LimitNOFILE' && number > node.mostOpenFiles)
    return `LimitNOFILE=${number} is more than any process may have here (fs.nr_open is ${node.mostOpenFiles})`;
  const used = usedOf(name, unit?.usage);
  if (used === undefined || number >= used) return '';
  if (expectedOf(name, node.cgroupVersion, number, false).includes(unit?.said.get(name))) return '';
  return `${name}=${describeLimit(name, number)} is below what it uses now, ${describeLimit(name, used)}`;
}

/** Where a limit below that would end the service, or keep it from going on. */
function usedOf(name: LimitName, usage: UnitUsage | undefined): number | undefined {
  switch (name) {
    case 'MemoryMax':
      return usage?.memoryBytes;
    case 'TasksMax':
      return usage?.tasks;
    case 'LimitNOFILE':
      return usage?.openFiles;
    case 'MemoryHigh': // what is above it is taken back from the service, and nothing is ended
    case 'CPUWeight':
    case 'CPUQuota':
    case 'IOWeight':
    case 'OOMScoreAdjust':
      return undefined;
  }
}
