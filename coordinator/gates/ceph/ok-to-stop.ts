import * as v from 'valibot';
import type { CephOutput } from './cli.ts';
import { EACCES, EBUSY, EINVAL } from './failure.ts';

/** What Ceph's own "ok-to-stop" commands have said; `isUnknown`: this release has no such command. */
export type OkToStop = { readonly isOk: true } | { readonly isOk: false; readonly isUnknown: boolean; readonly reason: string };

const json = v.object({ ok_to_stop: v.boolean(), osds: v.array(v.number()) });

/**
 * Reads `osd ok-to-stop`: JSON since 14.2.22 and 15.2.14, with exit status 16 also for a no; before that a sentence.
 * A yes must name the very OSDs that were asked for: to an OSD that does not exist Ceph says yes as well.
 */
export function osdOkToStop(output: CephOutput, asked: readonly string[]): OkToStop {
  if (output.code !== 0) return refused(output);
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

function refused({ code, remark }: CephOutput): OkToStop {
  const reason = remark === '' ? `exit status ${code}` : remark;
  if (code === EACCES) {
    return { isOk: false, isUnknown: false, reason: `${reason}: give the key the capabilities of docs/ceph.md` };
  }
  return { isOk: false, isUnknown: code === EINVAL, reason: code === EBUSY ? reason : `${reason} (status ${code})` };
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
