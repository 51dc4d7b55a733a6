import { UvsError } from '../errors.ts';
import { isLimitName, limitKeys, limitNames, type LimitKey, type LimitName } from './keys.ts';

/** A limit as an operator means it: so much, or so much of what the node has. */
export type LimitValue =
  | { readonly is: 'absolute'; readonly number: number }
  /** Percent of the node's memory, or of all its CPUs together. */
  | { readonly is: 'share'; readonly percent: number }
  | { readonly is: 'unlimited' };

/** What a share is of. */
export interface NodeSize {
  readonly memoryBytes: number;
  readonly cpus: number;
}

const SCALE: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };
const bytes = /^(\d{1,15})(?:([KMGT])(?:i?B)?)?$/;
const share = /^share:(\d{1,3})%$/;
const percent = /^(\d{1,6})%$/;
// wider than what is allowed, so that a bound is told as one
const count = /^\d{1,15}$/;
const score = /^-?\d{1,15}$/;

/** @throws UvsError INVALID_ARGUMENT, with the names that there are */
export function parseLimitName(text: string): LimitName {
  if (isLimitName(text)) return text;
  const near = limitNames.find((name) => name.toLowerCase() === text.toLowerCase());
  const hint = near === undefined ? `Those that may be set: ${limitNames.join(', ')}.` : `It is written ${near}.`;
  throw new UvsError('INVALID_ARGUMENT', `${JSON.stringify(text)} is no limit that UVS sets`, { hint });
}

/**
 * Reads what somebody wrote for a limit: bytes as 512M or 3G, or 60% of the node's memory; CPUs as 150% of one, or share:50% of all of the node; a
 * plain number for all else; `infinity` for none.
 * @throws UvsError INVALID_ARGUMENT
 */
export function parseLimitValue(name: LimitName, text: string): LimitValue {
  const key: LimitKey = limitKeys[name];
  const value = valueOf(key, text);
  if (value === undefined) throw nonsense(name, text, `it takes ${forms[key.kind]}`);
  if (value.is === 'share' && (value.percent < 1 || value.percent > 100)) throw nonsense(name, text, 'a share is from 1% to 100%');
  if (value.is === 'absolute' && (value.number < key.least || value.number > key.most))
    throw nonsense(name, text, `it has to be from ${written(key, key.least)} to ${written(key, key.most)}`);
  return value;
}

/** What a value comes to on a node; undefined: no limit. */
export function resolveLimit(name: LimitName, value: LimitValue, node: NodeSize): number | undefined {
  if (value.is === 'unlimited') return undefined;
  if (value.is === 'absolute') return value.number;
  if (limitKeys[name].kind === 'cpu') return Math.max(1, Math.floor(node.cpus * value.percent));
  return Math.floor(node.memoryBytes * (value.percent / 100));
}

/** As systemd reads it in a unit file. */
export function systemdText(name: LimitName, number: number | undefined): string {
  // systemd knows no `infinity` for a quota: an empty one is none
  if (number === undefined) return name === 'CPUQuota' ? '' : 'infinity';
  return limitKeys[name].kind === 'cpu' ? `${number}%` : String(number);
}

/** For people. */
export function describeLimit(name: LimitName, number: number | undefined): string {
  return number === undefined ? 'no limit' : written(limitKeys[name], number);
}

const forms: Readonly<Record<LimitKey['kind'], string>> = {
  bytes: 'a size (512M, 3G), a share of the node’s memory (60%), or infinity',
  weight: 'a whole number',
  cpu: 'percent of one CPU (150%), a share of all CPUs of the node (share:50%), or infinity',
  count: 'a whole number, or infinity',
  score: 'a whole number',
};

function valueOf({ kind }: LimitKey, text: string): LimitValue | undefined {
  if (text === 'infinity') return kind === 'weight' || kind === 'score' ? undefined : { is: 'unlimited' };
  const ofNode = kind === 'cpu' || kind === 'bytes' ? share.exec(text)?.[1] : undefined;
  if (ofNode !== undefined) return { is: 'share', percent: Number(ofNode) };
  if (kind === 'bytes') return bytesOf(text);
  if (kind === 'cpu') return absolute(percent.exec(text)?.[1]);
  return absolute((kind === 'score' ? score : count).exec(text)?.[0]);
}

function bytesOf(text: string): LimitValue | undefined {
  const ofMemory = percent.exec(text)?.[1];
  if (ofMemory !== undefined) return { is: 'share', percent: Number(ofMemory) };
  const [, digits, unit = ''] = bytes.exec(text) ?? [];
  const scale = SCALE[unit];
  return digits === undefined || scale === undefined ? undefined : { is: 'absolute', number: Number(digits) * scale };
}

function absolute(digits: string | undefined): LimitValue | undefined {
  return digits === undefined ? undefined : { is: 'absolute', number: Number(digits) };
}

function written({ kind }: LimitKey, number: number): string {
  if (kind === 'cpu') return `${number}%`;
  if (kind !== 'bytes') return String(number);
  const [unit, scale] = Object.entries(SCALE).findLast(([, size]) => number >= size) ?? ['', 1];
  const amount = number / scale;
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)}${unit === '' ? '' : `${unit}iB`}`;
}

function nonsense(name: LimitName, text: string, why: string): UvsError {
  return new UvsError('INVALID_ARGUMENT', `${name}=${text} is no limit: ${why}`, { hint: `For example ${name}=${examples[name]}.` });
}

const examples: Readonly<Record<LimitName, string>> = {
  MemoryMax: '3G',
  MemoryHigh: '80%',
  CPUWeight: '200',
  CPUQuota: '150%',
  IOWeight: '200',
  TasksMax: '4096',
  OOMScoreAdjust: '-500',
  LimitNOFILE: '65536',
};
