import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { eventually } from '../support/eventually.ts';
import type { MiniCeph } from './mini-ceph.ts';

const osdsAnswer = v.object({ osds: v.array(v.object({ osd: v.number(), up: v.number() })) });

/**
 * Storage first, and the monitor when placement groups have agreed anew on who serves them: for that they need a quorum, which is busy with
 * itself for some ten seconds after one of its members has gone.
 */
async function stop(ceph: MiniCeph, names: readonly string[]): Promise<void> {
  const [monitors, others] = [names.filter((name) => name.startsWith('mon.')), names.filter((name) => !name.startsWith('mon.'))];
  await Promise.all(others.map((name) => ceph.stop(name)));
  for (const name of names.filter((each) => each.startsWith('osd.'))) {
    await eventually(
      `${name} is missed, and all is served without it`,
      async () => {
        const { osds } = v.parse(osdsAnswer, JSON.parse(await ceph.ceph('--format', 'json', 'osd', 'dump')));
        const isDown = osds.some(({ osd, up }) => name === `osd.${osd}` && up === 0);
        return isDown && !/peering|activating|stale/.test(await ceph.ceph('pg', 'stat'));
      },
      40_000,
    );
  }
  await Promise.all(monitors.map((name) => ceph.stop(name)));
}

/** Lets the tasks of a release, which run elsewhere, stop and start the real daemons of a host, as systemctl does on a real one. */
export class Switchboard {
  readonly #server: Server;
  readonly #socket: string;

  private constructor(server: Server, socket: string) {
    this.#server = server;
    this.#socket = socket;
  }

  static async open(ceph: MiniCeph, hosts: Readonly<Record<string, readonly string[]>>, socket: string): Promise<Switchboard> {
    const server = createServer((request, response) => {
      const [, verb, host = ''] = (request.url ?? '').split('/');
      const names = hosts[host];
      const work = async (): Promise<number> => {
        if (names === undefined || (verb !== 'stop' && verb !== 'start')) return 404;
        if (verb === 'stop') await stop(ceph, names);
        else for (const name of names) ceph.startDaemon(name);
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
