import { InvalidArgumentError } from 'commander';

/** A whole number within bounds, for commander. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    return value;
  };
}

const unitSeconds: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, min: 60, h: 3600, d: 86_400 };

/** A duration such as "90", "90s", "15m", "24h" or "7d", in seconds, for commander. */
export function seconds(min: number, max: number): (text: string) => number {
  return (text) => {
    const [, digits, unit] = /^(\d{1,9})\s*(s|m|min|h|d|)$/.exec(text) ?? [];
    const value = digits === undefined || unit === undefined ? NaN : Number(digits) * (unitSeconds[unit] ?? NaN);
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(`It must be a duration such as 90s, 15m, 24h or 7d, from ${min} s to ${max} s.`);
    }
    return value;
  };
}

/** Text that is not empty, for commander. */
export function someText(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** Adds up the values of an option that may be given several times, each with one value or several separated by commas. */
export function collectNames(text: string, before: readonly string[] | undefined): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('A name is empty.');
  return [...(before ?? []), ...names];
}

/** The same for KEY=VALUE. */
export function collectLabels(text: string, before: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be KEY=VALUE.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Accepts "nodes/x" for "x": names as the API and --json write them work as arguments too. */
export function resourceName(collection: string, text: string): string {
  return text.startsWith(`${collection}/`) ? text : `${collection}/${text}`;
}

/** The id in a resource name: "ro-1" of "rollouts/ro-1". */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
