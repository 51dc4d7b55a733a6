import type { TimeStatus } from './ports.ts';

/** timesyncd.conf(5); the empty line takes back what files before it say. */
export function timesyncdText(servers: readonly string[]): string {
  const header = '# Written by uvs-agent, which puts it back where it is changed: see `uvsctl settings list`.';
  return [header, '[Time]', 'NTP=', `NTP=${servers.join(' ')}`, ''].join('\n');
}

/**
 * Reads what `timedatectl show-timesync` and `timesync-status` print. timesyncd uses one server at a time and begins with the first: what comes before the
 * one that answers has not; what comes after it was not asked.
 */
export function timesyncdStatus(servers: readonly string[], shown: string, status: string): TimeStatus {
  const property = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(shown)?.[1] ?? '';
  const field = (name: string): string => new RegExp(`^\\s*${name}: (.*)$`, 'm').exec(status)?.[1]?.trim() ?? '';
  const configured = property('SystemNTPServers')
    .split(' ')
    .filter((server) => server !== '');
  const server = property('ServerName');
  const offsetSeconds = secondsOf(field('Offset'));
  const isAnswered = Number(field('Packet count')) > 0;
  const place = servers.indexOf(server);
  const unreached = isAnswered && place !== -1 ? servers.slice(0, place) : servers;
  return { configured, unreached, clock: isAnswered && offsetSeconds !== undefined ? { offsetSeconds, server } : undefined };
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86_400 };

/** A time span as systemd prints it ("+1min 2.5s"), systemd.time(7). */
function secondsOf(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const parts = text.replace(/^[+-]/, '').split(' ');
  const seconds = parts.map((part) => {
    const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(part) ?? [];
    return part === '0' ? 0 : Number(number) * (UNIT_SECONDS[unit] ?? Number.NaN);
  });
  const sum = seconds.reduce((total, each) => total + each, 0);
  return Number.isFinite(sum) ? sign * sum : undefined;
}
