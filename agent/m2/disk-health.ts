import * as v from 'valibot';

/** What an SSD says of its own health; what it does not say is undefined. */
export interface DiskHealth {
  readonly isWell: boolean | undefined;
  /** 1 where the vendor expects its end; may be more. */
  readonly wearRatio: number | undefined;
  readonly mediaErrors: number | undefined;
}

export const unknownHealth: DiskHealth = { isWell: undefined, wearRatio: undefined, mediaErrors: undefined };

const schema = v.object({
  smart_status: v.optional(v.object({ passed: v.optional(v.boolean()) })),
  nvme_smart_health_information_log: v.optional(
    v.object({
      critical_warning: v.optional(v.number()),
      percentage_used: v.optional(v.number()),
      media_errors: v.optional(v.number()),
    }),
  ),
});

/** Reads what `smartctl --json` prints, of which every disk has another part. */
export function parseHealth(json: string): DiskHealth {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), json);
  if (!parsed.success) return unknownHealth;
  const { smart_status: status, nvme_smart_health_information_log: log } = parsed.output;
  const isWarned = log?.critical_warning === undefined ? undefined : log.critical_warning !== 0;
  const isWell = isWarned === true ? false : (status?.passed ?? (isWarned === false ? true : undefined));
  const used = log?.percentage_used;
  return { isWell, wearRatio: used === undefined ? undefined : used / 100, mediaErrors: log?.media_errors };
}

/** Bytes written since the boot, by the kernel's `stat` of a block device; its sectors have 512 bytes whatever the disk's have. */
export function bytesWritten(stat: string): number | undefined {
  const sectors = Number(stat.trim().split(/\s+/)[6] ?? Number.NaN);
  return Number.isFinite(sectors) ? sectors * 512 : undefined;
}
