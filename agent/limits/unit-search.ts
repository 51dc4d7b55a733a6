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
    // older ones mark what is not loaded, also where nothing but its name was asked for
    const [unit = '', load, active] = line.replace(/^[^\w]+/u, '').split(/\s+/u, 3);
    if (!unit.endsWith('.service')) continue;
    if (load === 'loaded' || (active !== 'inactive' && (await runs(unit)))) found.push(unit);
  }
  return found;
}

/** By any of these something of the machine has a unit started. */
const REFERRERS = ['WantedBy', 'RequiredBy', 'RequisiteOf', 'BoundBy', 'UpheldBy', 'TriggeredBy'];

/**
 * Whether a service that does not run is there to be started; in doubt it is. One that is disabled and that nothing else starts may be a daemon whose
 * disk was replaced long ago: of a template systemd knows every name.
 * @param activating names of the units by which ceph-volume has OSDs enabled for the time of a boot alone
 */
export async function isAwaited(
  systemctl: Systemctl,
  unit: string,
  signal: AbortSignal,
  activating: () => Promise<readonly string[]>,
): Promise<boolean> {
  const names = ['LoadState', 'ActiveState', 'UnitFileState', 'Job', ...REFERRERS];
  const found = await unitProperties(systemctl, unit, names, signal);
  const state = found['LoadState'] === 'not-found' ? 'disabled' : found['UnitFileState'];
  if (found['ActiveState'] !== 'inactive' || state !== 'disabled') return true;
  if (!['', '0', undefined].includes(found['Job']) || REFERRERS.some((name) => (found[name] ?? '') !== '')) return true;
  const osd = /^ceph-osd@(\d+)\.service$/u.exec(unit)?.[1];
  const isOfOsd = (name: string): boolean => osd !== undefined && new RegExp(`^ceph-volume@(lvm|simple)-${osd}-`, 'u').test(name);
  if ((await activating()).some(isOfOsd)) return true;
  // what has been enabled for this boot alone may be so only at its end
  const { ActiveState: booted } = await unitProperties(systemctl, 'default.target', ['ActiveState'], signal);
  return booted !== 'active';
}

/** Sentence; '' of one that is loaded. @param state of systemctl(1): "masked", "bad-setting", "error" */
export function whyItCannotStart(unit: string, state: string): string {
  if (state === 'loaded') return '';
  return state === 'masked'
    ? `${unit} is masked: nothing starts it`
    : `systemd can't load ${unit} (${state}): see systemctl status ${unit}`;
}
