import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { eventually } from '../support/eventually.ts';
import type { MiniCeph } from './mini-ceph.ts';

/** Less than a task of the release may take. */
const WAIT_MS = 150_000;
const quorumAnswer = v.object({ quorum_names: v.array(v.string()) });
const placesAnswer = v.object({ pg_stats: v.array(v.object({ state: v.string(), acting: v.array(v.number()) })) });

/**
 * Storage first, and the monitor when placement groups have agreed anew on who serves them: for that they need a quorum, which is busy with
 * itself for some ten seconds after one of its members has gone. What "pg stat" counts says too little: until the OSDs that are left have
 * told the manager, it counts what was before.
 */
async function stop(ceph: MiniCeph, names: readonly string[]): Promise<void> {
  const { monitors, others } = apart(names);
  await Promise.all(others.map((name) => ceph.stop(name)));
  const gone = names.filter((name) => name.startsWith('osd.')).map((name) => Number(name.slice('osd.'.length)));
  const isServed = async (): Promise<boolean> => {
    const { pg_stats } = v.parse(placesAnswer, JSON.parse(await ceph.ceph('--format', 'json', 'pg', 'dump', 'pgs_brief')));
    return pg_stats.every(
      ({ state, acting }) => state.startsWith('active') && !state.includes('stale') && !gone.some((osd) => acting.includes(osd)),
    );
  };
  if (gone.length > 0) await eventually(`all is served without ${gone.map((osd) => `osd.${osd}`).join(', ')}`, isServed, WAIT_MS);
  await Promise.all(monitors.map((name) => ceph.stop(name)));
}

/** The monitor first, and storage when it is in quorum again, for the same reason. */
async function start(ceph: MiniCeph, names: readonly string[]): Promise<void> {
  const { monitors, others } = apart(names);
  for (const name of monitors) {
    ceph.startDaemon(name);
    const isBack = async (): Promise<boolean> => {
      const { quorum_names } = v.parse(quorumAnswer, JSON.parse(await ceph.ceph('--format', 'json', 'quorum_status')));
      return quorum_names.includes(name.slice('mon.'.length));
    };
    await eventually(`${name} is in quorum`, isBack, WAIT_MS);
  }
  for (const name of others) ceph.startDaemon(name);
}

function apart(names: readonly string[]): { readonly monitors: readonly string[]; readonly others: readonly string[] } {
  const isMonitor = (name: string): boolean => name.startsWith('mon.');
  return { monitors: names.filter(isMonitor), others: names.filter((name) => !isMonitor(name)) };
}

/** Lets the tasks of a release, which run elsewhere, stop and start the real daemons of a host, as systemctl does on a real one. */
export class Switchboard {
  readonly #server: Server;
  readonly #socket: string;

  private constructor(server: Server, socket: string) {
    this.#server = server;
    this.#socket = socket;
  }

  /** @param onStop called before the daemons of a host are stopped */
  static async open(
    ceph: MiniCeph,
    hosts: Readonly<Record<string, readonly string[]>>,
    socket: string,
    onStop: (host: string) => Promise<void>,
  ): Promise<Switchboard> {
    const server = createServer((request, response) => {
      const [, verb, host = ''] = (request.url ?? '').split('/');
      const names = hosts[host];
      const work = async (): Promise<number> => {
        if (names === undefined || (verb !== 'stop' && verb !== 'start')) return 404;
        if (verb === 'stop') {
          await onStop(host);
          await stop(ceph, names);
        } else await start(ceph, names);
        return 200;
      };
      work().then(
        (status) => response.writeHead(status).end(),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    return new Switchboard(server, socket);
  }

  /** Shell text for a task: does it to the host that the task's node is called. */
  command(verb: 'stop' | 'start'): string {
    const script = fileURLToPath(new URL('switch.ts', import.meta.url));
    return `'${process.execPath}' '${script}' '${this.#socket}' ${verb} "$(basename "$UVS_ROOT")"`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
