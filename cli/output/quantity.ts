import type { Timestamp__Output } from '../../proto/gen/google/protobuf/Timestamp.ts';

/** A duration for people, in its two largest units: "4.2 s", "2 min 05 s", "3 h 10 min", "2 d 4 h". */
export function formatDuration(ms: number): string {
  if (ms < 9_950) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Time since a start as a stopwatch shows it, "0:02:05.3": lines below each other stay aligned for ten hours. */
export function formatElapsed(ms: number): string {
  const tenths = Math.floor(Math.max(0, ms) / 100);
  const seconds = Math.floor(tenths / 10);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}.${tenths % 10}`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes for people, in powers of 1000 as disks and networks are sold: "94.2 MB". */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.95 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${byteUnits[unit] ?? ''}`;
}

/** A protobuf timestamp as ISO 8601 in UTC, without fractions of a second; "-" where there is none. */
export function formatTime(time: Timestamp__Output | null): string {
  if (time === null) return '-';
  const date = new Date(Number(time.seconds) * 1000);
  return Number.isNaN(date.getTime()) ? '-' : date.toISOString().replace('.000Z', 'Z');
}

/** The time between two protobuf timestamps, for people; "-" unless both are there. */
export function formatSpan(from: Timestamp__Output | null, to: Timestamp__Output | null): string {
  if (from === null || to === null) return '-';
  return formatDuration((Number(to.seconds) - Number(from.seconds)) * 1000 + (to.nanos - from.nanos) / 1e6);
}

/** "1 node", "8 nodes", "10,000 nodes". */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
