import type { Systemctl } from './systemctl.ts';

/** Properties of a unit by their names, as systemctl-show(1) prints them. */
export async function unitProperties(
  systemctl: Systemctl,
  unit: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const printed = await systemctl('show', [`--property=${names.join(',')}`], unit, signal);
  return Object.fromEntries(
    printed.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at === -1 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}
