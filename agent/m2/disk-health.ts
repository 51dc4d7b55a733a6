import * as v from 'valibot';

/** What an SSD says of its own health; what it does not say is undefined. */
export interface DiskHealth {
  readonly isWell: boolean | undefined;
  /** 1 where the vendor expects its end; may be more. */
  readonly wearRatio: number | undefined;
  readonly mediaErrors: number | undefined;
}

export const unknownHealth: DiskHealth = { isWell: undefined, wearRatio: undefined, mediaErrors: undefined };

const statistic = v.object({
  offset: v.number(),
  value: v.optional(v.number()),
  flags: v.optional(v.object({ valid: v.optional(v.boolean()) })),
});
const attribute = v.object({
  name: v.string(),
  value: v.optional(v.number()),
  raw: v.optional(v.object({ value: v.optional(v.number()) })),
});

const schema = v.object({
  smart_status: v.optional(v.object({ passed: v.optional(v.boolean()) })),
  nvme_smart_health_information_log: v.optional(
    v.object({
      critical_warning: v.optional(v.number()),
      percentage_used: v.optional(v.number()),
      media_errors: v.optional(v.number()),
    }),
  ),
  ata_device_statistics: v.optional(
    v.object({ pages: v.optional(v.array(v.object({ number: v.number(), table: v.optional(v.array(statistic)) }))) }),
  ),
  ata_smart_attributes: v.optional(v.object({ table: v.optional(v.array(attribute)) })),
});
type Told = v.InferOutput<typeof schema>;

/** Of the Device Statistics log (ACS-4, 9.5): page and offset. */
const USED_PERCENT = { page: 7, offset: 8 };
const UNCORRECTABLE = { page: 4, offset: 8 };
/** Where a disk has no such log: what vendors count down from 100, by the names that smartmontools gives their attributes. */
const LEFT_PERCENT: ReadonlySet<string> = new Set([
  'SSD_Life_Left',
  'Percent_Lifetime_Remain',
  'Media_Wearout_Indicator',
  'Wear_Leveling_Count',
]);
const REPORTED_UNCORRECTABLE = 'Reported_Uncorrect';

/** Reads what `smartctl --json` prints, of which every disk has another part. */
export function parseHealth(json: string): DiskHealth {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), json);
  if (!parsed.success) return unknownHealth;
  const { smart_status: status, nvme_smart_health_information_log: log } = parsed.output;
  const isWarned = log?.critical_warning === undefined ? undefined : log.critical_warning !== 0;
  const isWell = isWarned === true ? false : (status?.passed ?? (isWarned === false ? true : undefined));
  const used = log?.percentage_used ?? statisticOf(parsed.output, USED_PERCENT) ?? usedByAttribute(parsed.output);
  const errors =
    log?.media_errors ?? statisticOf(parsed.output, UNCORRECTABLE) ?? attributeOf(parsed.output, REPORTED_UNCORRECTABLE)?.raw?.value;
  return { isWell, wearRatio: used === undefined ? undefined : used / 100, mediaErrors: errors };
}

function statisticOf(
  { ata_device_statistics: log }: Told,
  { page, offset }: { readonly page: number; readonly offset: number },
): number | undefined {
  const found = log?.pages?.find(({ number }) => number === page)?.table?.find((each) => each.offset === offset);
  return found?.flags?.valid === true ? found.value : undefined;
}

function attributeOf({ ata_smart_attributes: attributes }: Told, name: string): v.InferOutput<typeof attribute> | undefined {
  return attributes?.table?.find((each) => each.name === name);
}

function usedByAttribute({ ata_smart_attributes: attributes }: Told): number | undefined {
  const left = attributes?.table?.find(({ name, value }) => LEFT_PERCENT.has(name) && value !== undefined && value <= 100)?.value;
  return left === undefined ? undefined : 100 - left;
}

/** Bytes written since the boot, by the kernel's `stat` of a block device; its sectors have 512 bytes whatever the disk's have. */
export function bytesWritten(stat: string): number | undefined {
  const sectors = Number(stat.trim().split(/\s+/)[6] ?? Number.NaN);
  return Number.isFinite(sectors) ? sectors * 512 : undefined;
}
