import { dirname, join } from 'node:path';
import { syncDirectory, writeFileAtomically } from '../../common/atomic-file.ts';
import { serversOf } from '../../common/settings/value.ts';
import { mkdirs, unlinkIfThere } from '../files/disk.ts';
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
      await this.#removeAllBut(undefined);
      if ((await before.read())?.ntp !== undefined) await remember(before, { ntp: undefined });
      this.#since = undefined;
      return { rows: [], clock: undefined };
    }
    const row = { name: 'ntp-servers', value };
    const client = await clients.running();
    if (typeof client === 'string') return { rows: [{ ...row, state: 'refused', message: client, mended: [] }], clock: undefined };
    const servers = serversOf(value);
    const set = `${client.name} ${value}`;
    const isSameSet = (await before.read())?.ntp?.set === set;
    const isWritten = await this.#write(client, servers);
    await this.#removeAllBut(client);
    if (!isSameSet) await remember(before, { ntp: { set } });
    if (isWritten) await client.reload();
    if (isWritten || this.#since?.value !== set) this.#since = { value: set, ms: nowMs() };
    const status = await client.status(servers);
    const mended = isWritten && isSameSet ? [client.path] : [];
    return { rows: [{ ...row, ...judgeServers(client, servers, status, nowMs() - this.#since.ms), mended }], clock: status.clock };
  }

  async #write(client: TimeClient, servers: readonly string[]): Promise<boolean> {
    const path = join(this.#parts.root, client.path);
    const text = client.textOf(servers);
    if ((await readTextIfThere(path)) === text) return false;
    await mkdirs(dirname(path), 0o755);
    await writeFileAtomically(path, text, 0o644);
    return true;
  }

  async #removeAllBut(client: TimeClient | undefined): Promise<void> {
    const { clients, root } = this.#parts;
    const left = (await clients.ownFiles()).filter((path) => path !== client?.path);
    for (const path of left) {
      await unlinkIfThere(join(root, path));
      await syncDirectory(dirname(join(root, path)));
    }
    if (left.length > 0) await clients.reloadRunning();
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
