import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { eventually } from '../support/eventually.ts';
import type { MiniCeph } from './mini-ceph.ts';
import { systemctl, type OnRestart } from './systemctl.ts';

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

export interface SwitchboardHooks {
  /** Called before the daemons of a host are stopped. */
  onStop: (host: string) => Promise<void>;
  onRestart: OnRestart;
}

/** Lets the tasks of a release, and agents, which run elsewhere, stop and start the real daemons of a host, as systemctl does on a real one. */
export class Switchboard {
  readonly hooks: SwitchboardHooks = { onStop: () => Promise.resolve(), onRestart: () => Promise.resolve() };
  readonly #server: Server;
  readonly #socket: string;

  constructor(ceph: MiniCeph, hosts: Readonly<Record<string, readonly string[]>>, socket: string) {
    this.#socket = socket;
    const work = async (verb: string, host: string, args: readonly string[]): Promise<string> => {
      const names = hosts[host];
      if (names === undefined) throw new Error(`there is no host ${host}`);
      switch (verb) {
        case 'stop':
          await this.hooks.onStop(host);
          await stop(ceph, names);
          return '';
        case 'start':
          await start(ceph, names);
          return '';
        case 'systemctl':
          return await systemctl(ceph, names, args, this.hooks.onRestart);
        default:
          throw new Error(`there is no switch ${verb}`);
      }
    };
    this.#server = createServer((request, response) => {
      const [, verb = '', host = ''] = (request.url ?? '').split('/');
      text(request)
        .then((body) => work(verb, host, v.parse(v.array(v.string()), JSON.parse(body))))
        .then(
          (answer) => response.writeHead(200).end(answer),
          (error: unknown) => response.writeHead(500).end(String(error)),
        );
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#socket, resolve));
  }

  /** Shell text for a task: does it to the host that the task's node is called. */
  command(verb: 'stop' | 'start'): string {
    const program = this.#program(verb).map((each) => `'${each}'`);
    return `${program.join(' ')} "$(basename "$UVS_ROOT")"`;
  }

  /** The program that stands for systemctl(1) on a host. */
  systemctl(host: string): readonly string[] {
    return [...this.#program('systemctl'), host];
  }

  #program(verb: string): readonly string[] {
    return [process.execPath, fileURLToPath(new URL('switch.ts', import.meta.url)), this.#socket, verb];
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
