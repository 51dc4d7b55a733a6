import type { Mended } from './mended.ts';

/** How an agent says that it stands with one setting of its node. */
export interface ReportedSetting {
  readonly name: string;
  readonly value: string;
  readonly state: 'in-force' | 'waiting' | 'unmet' | 'refused';
  /** Empty where there is nothing to say. */
  readonly message: string;
  /** What it found changed, and put back last. */
  readonly mended: Mended | undefined;
}

/** What a node's NTP client says of its clock. */
export interface ReportedClock {
  readonly offsetSeconds: number;
  readonly server: string;
}

/** What an agent last said of the settings of its node. */
export interface SettingsReport {
  /** Of the settings that it tells of. */
  readonly hash: string;
  readonly settings: readonly ReportedSetting[];
  /** Why nothing could be done; empty where they were carried out. */
  readonly trouble: string;
  readonly clock: ReportedClock | undefined;
}
