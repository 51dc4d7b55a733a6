/** What a key takes: an amount of bytes, a number on systemd's scale of weights, percent of one CPU, a number of things, or a score. */
export type LimitKind = 'bytes' | 'weight' | 'cpu' | 'count' | 'score';

export interface LimitKey {
  readonly kind: LimitKind;
  /** Bounds of an absolute value, both allowed; of `cpu` in percent of one CPU. */
  readonly least: number;
  readonly most: number;
  /** Whether systemd applies it to a unit that runs; the others hold from the unit's next start. */
  readonly isLive: boolean;
}

const MIB = 1024 ** 2;
const EIB = 1024 ** 6;

/**
 * The properties of a unit that a limit may set, a closed list in systemd's own names (systemd.resource-control(5), systemd.exec(5)): none of them can
 * make anything run, and each can be read back from the unit's control group or its main process.
 */
export const limitKeys = {
  // less than this no daemon of Ceph starts with; a number without its unit is caught by it
  MemoryMax: { kind: 'bytes', least: 64 * MIB, most: EIB, isLive: true },
  MemoryHigh: { kind: 'bytes', least: 64 * MIB, most: EIB, isLive: true },
  CPUWeight: { kind: 'weight', least: 1, most: 10_000, isLive: true },
  // with less a daemon would answer no heartbeat
  CPUQuota: { kind: 'cpu', least: 10, most: 409_600, isLive: true },
  IOWeight: { kind: 'weight', least: 1, most: 10_000, isLive: true },
  TasksMax: { kind: 'count', least: 16, most: 4_194_304, isLive: true },
  OOMScoreAdjust: { kind: 'score', least: -1000, most: 1000, isLive: false },
  LimitNOFILE: { kind: 'count', least: 1024, most: 1_073_741_816, isLive: false },
} as const satisfies Readonly<Record<string, LimitKey>>;

export type LimitName = keyof typeof limitKeys;

/** All of them, in the order in which they are shown. */
export const limitNames: readonly LimitName[] = Object.keys(limitKeys).filter(isLimitName);

export function isLimitName(text: string): text is LimitName {
  return Object.hasOwn(limitKeys, text);
}
