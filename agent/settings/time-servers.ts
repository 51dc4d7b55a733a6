import { basename, dirname, join } from 'node:path';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { serversOf } from '../../common/settings/value.ts';
import { mkdirs, removeWritten, rmdirIfEmpty } from '../files/disk.ts';
import { readTextIfThere } from '../files/reading.ts';
import { remember, type StoredBefore } from './before.ts';
import type { KeptSetting, NodeClock, TimeClient, TimeClients, TimeStatus } from './ports.ts';

/** How long servers have to answer; timesyncd waits 10 s for each, and looks up names before. */
const ANSWER_MS = 30_000;

export interface TimeServersParts {
  readonly root: string;
  readonly clients: TimeClients;
  readonly before: StoredBefore;
  readonly nowMs: () => number;
}

/** What comes of a look at the servers. */
export interface KeptServers {
  readonly rows: readonly KeptSetting[];
  readonly clock: NodeClock | undefined;
}

/** Keeps the NTP servers of whichever client the node runs; the clock is that client's. */
export class TimeServers {
  readonly #parts: TimeServersParts;
  /** Since when the client has them; anew with each start of the agent. */
  #since: { readonly value: string; readonly ms: number } | undefined;

  constructor(parts: TimeServersParts) {
    this.#parts = parts;
  }

  /** @param value undefined: the node is to have what it had before */
  async keep(value: string | undefined): Promise<KeptServers> {
    const { clients, before, nowMs } = this.#parts;
    if (value === undefined) {
      const remembered = (await before.read())?.ntp;
      const others = await clients.ownFiles();
      if (others.length > 0 || remembered?.isReloadOwed === true) {
        await remember(before, { ntp: { set: remembered?.set ?? '', isReloadOwed: true } });
        await this.#remove(others);
        await clients.reloadRunning();
      }
      if ((await before.read())?.ntp !== undefined) await remember(before, { ntp: undefined });
      this.#since = undefined;
      return { rows: [], clock: undefined };
    }
    const row = { name: 'ntp-servers', value };
    const client = await clients.running();
    if (typeof client === 'string') return { rows: [{ ...row, state: 'refused', message: client, mended: [] }], clock: undefined };
    const servers = serversOf(value);
    const set = `${client.name} ${value}`;
    const remembered = (await before.read())?.ntp;
    const isSameSet = remembered?.set === set && remembered.isReloadOwed !== true;
    const isWritten = await this.#carryOut(client, servers, { set, isSameSet });
    if (isWritten || this.#since?.value !== set) this.#since = { value: set, ms: nowMs() };
    const status = await client.status(servers);
    const mended = isWritten && isSameSet ? [client.path] : [];
    return { rows: [{ ...row, ...judgeServers(client, servers, status, nowMs() - this.#since.ms), mended }], clock: status.clock };
  }

  /** That a client is to read its files again is written down before these are touched: neither a reload that fails nor an agent that dies leaves it out. */
  async #carryOut(
    client: TimeClient,
    servers: readonly string[],
    { set, isSameSet }: { set: string; isSameSet: boolean },
  ): Promise<boolean> {
    const { clients, before, root } = this.#parts;
    const path = join(root, client.path);
    const text = client.textOf(servers);
    const isOther = (await readTextIfThere(path)) !== text;
    const others = (await clients.ownFiles()).filter((each) => each !== client.path);
    if (isSameSet && !isOther && others.length === 0) return false;
    await remember(before, { ntp: { set, isReloadOwed: true } });
    if (isOther) {
      await mkdirs(dirname(path), 0o755);
      await writeFileAtomically(path, text, 0o644);
    }
    await this.#remove(others);
    await client.reload();
    await remember(before, { ntp: { set } });
    return true;
  }

  async #remove(paths: readonly string[]): Promise<void> {
    for (const path of paths.map((each) => join(this.#parts.root, each))) {
      await removeWritten(path);
      // of chrony's directory of sources nobody knows whose it is
      if (basename(dirname(path)) === 'timesyncd.conf.d') await rmdirIfEmpty(dirname(path));
    }
  }
}

/** Says whether servers are in use: a server that has not answered is not in force, however well it is written. */
export function judgeServers(
  client: Pick<TimeClient, 'name' | 'path'>,
  servers: readonly string[],
  status: TimeStatus,
  sinceMs: number,
): Pick<KeptSetting, 'state' | 'message'> {
  const missing = servers.filter((server) => !status.configured.includes(server));
  const from = status.clock === undefined ? '' : `; the time comes from ${status.clock.server}`;
  if (missing.length > 0)
    return {
      state: 'unmet',
      message: `${client.name} does not use ${missing.join(' and ')}: something is read after ${client.path}${from}`,
    };
  const { unreached } = status;
  const silent = `${unreached.join(' and ')} ${unreached.length === 1 ? 'has' : 'have'} not answered`;
  if (unreached.length > 0 && sinceMs < ANSWER_MS) return { state: 'waiting', message: `${silent} yet` };
  if (unreached.length > 0) return { state: 'unmet', message: `not reached: ${silent} ${client.name} within ${ANSWER_MS / 1000} s${from}` };
  return { state: 'in-force', message: status.clock === undefined ? '' : clockText(status.clock) };
}

function clockText({ offsetSeconds, server }: NodeClock): string {
  const ms = Math.round(Math.abs(offsetSeconds) * 100) * 10;
  return `the clock is off by ${ms < 10 ? 'less than 10' : ms} ms, says ${server}`;
}
