import { limitNames } from '../../../common/limits/keys.ts';

/** Limits on one line, in the order in which they are always named. */
export function valuesText(values: Readonly<Record<string, string>>): string {
  const order = new Map<string, number>(limitNames.map((name, index) => [name, index]));
  const place = (name: string): number => order.get(name) ?? limitNames.length;
  return Object.entries(values)
    .toSorted(([a], [b]) => place(a) - place(b))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
