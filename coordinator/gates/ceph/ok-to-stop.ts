import * as v from 'valibot';
import type { CephOutput } from './cli.ts';
import { EACCES, EBUSY, EINVAL } from './failure.ts';

/** What Ceph's own "ok-to-stop" commands have said; `isUnknown`: this release has no such command. */
export type OkToStop = { readonly isOk: true } | Refused;

interface Refused {
  readonly isOk: false;
  readonly isUnknown: boolean;
  readonly reason: string;
  /** Ids of the pools that would be offline in part, where that is all that Ceph has against it. */
  readonly pools?: readonly number[];
}

const json = v.object({ ok_to_stop: v.boolean(), osds: v.array(v.number()) });

const none = v.optional(v.pipe(v.array(v.unknown()), v.maxLength(0)));
/** A no for no other reason than what would become of placement groups that are well. */
const onlyLosing = v.object({
  bad_become_inactive: v.array(v.pipe(v.string(), v.regex(/^\d+\./))),
  bad_already_inactive: none,
  bad_no_pool_pgs: none,
  unknown_pgs: none,
});

/**
 * Reads `osd ok-to-stop`: JSON since 14.2.22 and 15.2.14, with exit status 16 also for a no; before that a sentence.
 * A yes must name the very OSDs that were asked for: to an OSD that does not exist Ceph says yes as well.
 */
export function osdOkToStop(output: CephOutput, asked: readonly string[]): OkToStop {
  if (output.code !== 0) return { ...refused(output), ...losing(output.stdout) };
  const said = v.safeParse(json, parsed(output.stdout));
  const named = said.success
    ? said.output.ok_to_stop
      ? said.output.osds
      : undefined
    : idsInSentence(`${output.stdout}\n${output.stderr}`);
  if (named === undefined) return { isOk: false, isUnknown: false, reason: 'the answer to osd ok-to-stop is no yes that UVS knows' };
  const isSame = named.length === asked.length && asked.every((id) => named.includes(Number(id)));
  if (isSame) return { isOk: true };
  return { isOk: false, isUnknown: false, reason: `osd ok-to-stop answered about other OSDs than were asked for: ${named.join(', ')}` };
}

/** Reads `mon ok-to-stop` and `mds ok-to-stop`: their answer is the exit status, whatever the format. */
export function okToStopByStatus(output: CephOutput): OkToStop {
  return output.code === 0 ? { isOk: true } : refused(output);
}

function refused({ code, remark }: CephOutput): Refused {
  const reason = remark === '' ? `exit status ${code}` : remark;
  if (code === EACCES) {
    return { isOk: false, isUnknown: false, reason: `${reason}: give the key the capabilities of docs/ceph.md` };
  }
  return { isOk: false, isUnknown: code === EINVAL, reason: code === EBUSY ? reason : `${reason} (status ${code})` };
}

function losing(text: string): Pick<Refused, 'pools'> {
  const said = v.safeParse(onlyLosing, parsed(text));
  return said.success ? { pools: [...new Set(said.output.bad_become_inactive.map((group) => Number.parseInt(group, 10)))] } : {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** "OSD(s) 0,1 are ok to stop without reducing availability …" */
function idsInSentence(text: string): readonly number[] | undefined {
  const ids = /^OSD\(s\) (?<ids>[0-9, ]+) are ok to stop\b/m.exec(text)?.groups?.['ids'];
  return ids?.split(',').map((id) => Number(id.trim()));
}
