import type { TimeStatus } from './ports.ts';

/** chrony.conf(5), sourcedir. */
export function chronyText(servers: readonly string[]): string {
  const header = '# Written by uvs-agent, which puts it back where it is changed: see `uvsctl settings list`.';
  return [header, ...servers.map((server) => `server ${server} iburst`), ''].join('\n');
}

/** The directory of sources that a configuration names; one in /run is of others. */
export function sourceDirectory(configuration: string): string | undefined {
  return configuration
    .split('\n')
    .flatMap((line) => /^\s*sourcedir\s+(.*\S)/i.exec(line)?.[1]?.split(/\s+/) ?? [])
    .find((directory) => directory.startsWith('/etc/'));
}

/** Reads what `chronyc -c -N sources` and `chronyc -c -N tracking` print, chronyc(1); a source is reached where any of its last eight polls was answered. */
export function chronyStatus(servers: readonly string[], sources: string, tracking: string): TimeStatus {
  const rows = sources.split('\n').map((line) => line.split(','));
  const configured = rows.flatMap(([, , name]) => (name === undefined ? [] : [name]));
  const reached = new Set(rows.flatMap(([, , name, , , reach]) => (name === undefined || Number(reach) === 0 ? [] : [name])));
  const [, server = '', , , correction = ''] = tracking.trim().split(',');
  const offsetSeconds = Number(correction);
  const isKnown = server !== '' && correction !== '' && Number.isFinite(offsetSeconds) && reached.size > 0;
  return { configured, unreached: servers.filter((name) => !reached.has(name)), clock: isKnown ? { offsetSeconds, server } : undefined };
}
