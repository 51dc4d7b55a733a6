import type { Systemctl } from '../os/systemctl.ts';
import { unitProperties } from '../os/unit-properties.ts';
import type { CannotRun } from './ports.ts';

/**
 * Services that a pattern, or a name, stands for, as LimitedMachine.matching tells them. One that was masked, or has lost its file, while it runs is one
 * of them: it has limits to keep.
 * @param runs whether a service has processes
 */
export async function findUnits(
  systemctl: Systemctl,
  pattern: string,
  signal: AbortSignal,
  runs: (unit: string) => Promise<boolean>,
): Promise<readonly string[] | CannotRun> {
  // a listing has only what systemd has had to do with
  if (!pattern.includes('*')) {
    const { LoadState = '', Id = '' } = await unitProperties(systemctl, pattern, ['LoadState', 'Id'], signal);
    const why = whyItCannotStart(Id, LoadState);
    if (why === '' || (await runs(Id))) return [Id];
    return LoadState === 'not-found' ? [] : { id: Id, why };
  }
  const printed = await systemctl('list-units', ['--all', '--plain', '--no-legend', '--full'], pattern, signal);
  const found: string[] = [];
  for (const line of printed.split('\n')) {
    const [unit = '', load, active] = line.trim().split(/\s+/, 3);
    if (!unit.endsWith('.service')) continue;
    if (load === 'loaded' || (active !== 'inactive' && (await runs(unit)))) found.push(unit);
  }
  return found;
}

/** Sentence; '' of one that is loaded. @param state of systemctl(1): "masked", "bad-setting", "error" */
export function whyItCannotStart(unit: string, state: string): string {
  if (state === 'loaded') return '';
  return state === 'masked'
    ? `${unit} is masked: nothing starts it`
    : `systemd can't load ${unit} (${state}): see systemctl status ${unit}`;
}
