import * as v from 'valibot';
import { addressesOf, listed, type Address } from './address.ts';
import { count, word } from './answer.ts';

export interface Monitor {
  readonly name: string;
  readonly addresses: readonly Address[];
}

/** What the monitors say of themselves. */
export interface Quorum {
  /** Rises with each election; every monitor that leaves or joins causes one. */
  readonly electionEpoch: number;
  readonly inQuorum: readonly string[];
  readonly monitors: readonly Monitor[];
}

/** `quorum_status`: since 14.2 a monitor has several addresses, before it had one. */
export const quorumAnswer = v.pipe(
  v.object({
    election_epoch: count,
    quorum_names: v.array(word),
    monmap: v.object({
      mons: v.array(v.object({ name: word, addr: v.optional(word), public_addrs: v.optional(listed) })),
    }),
  }),
  v.transform(({ election_epoch, quorum_names, monmap }): Quorum => ({
    electionEpoch: election_epoch,
    inQuorum: quorum_names,
    monitors: monmap.mons.map((mon) => ({
      name: mon.name,
      addresses: addressesOf(mon.public_addrs, mon.addr),
    })),
  })),
);

/** Every monitor of the map must be in quorum, by what the monitors say. */
export function quorumRefusal(quorum: Quorum): string | undefined {
  const missing = quorum.monitors.filter(({ name }) => !quorum.inQuorum.includes(name)).map(({ name }) => name);
  if (quorum.monitors.length === 0) return 'Ceph named no monitor';
  return missing.length === 0 ? undefined : `not in quorum: ${missing.map((name) => `mon.${name}`).join(', ')}`;
}

/** With one or two monitors the majority is all of them: no wait makes the answer a yes. */
export function tooFewMonitors(quorum: Quorum): string | undefined {
  const number = quorum.monitors.length;
  if (number >= 3) return undefined;
  return `the cluster has ${number === 1 ? 'one monitor' : 'two monitors'}: none can be stopped without losing the quorum; add monitors until there are three`;
}

/** Says what forbids that these monitors are stopped together. Their names must be known: Ceph says yes to a monitor that does not exist. */
export function stopMonitorsRefusal(quorum: Quorum, stopped: readonly string[]): string | undefined {
  const unknown = stopped.filter((name) => !quorum.monitors.some((monitor) => monitor.name === name));
  if (unknown.length > 0) return `the monitor map has no ${unknown.map((name) => `mon.${name}`).join(', ')}`;
  const left = quorum.inQuorum.filter((name) => !stopped.includes(name));
  const majority = Math.floor(quorum.monitors.length / 2) + 1;
  if (left.length >= majority) return undefined;
  return `without ${stopped.map((name) => `mon.${name}`).join(', ')} only ${left.length} of ${quorum.monitors.length} monitors would be left, ${majority} are needed`;
}
