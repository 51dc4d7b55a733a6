import { connect } from 'node:net';
import type { Monitor } from './monitors.ts';

/** Every messenger of Ceph begins with this, both versions of it (src/include/msgr.h: "ceph v027", "ceph v2\n"). */
const BANNER = 'ceph v';

/** Says which monitors do not answer at this moment; all are greeted at once. */
export type GreetMonitors = (monitors: readonly Monitor[], signal: AbortSignal) => Promise<readonly string[]>;

/**
 * Makes what greets monitors. For some ten seconds after one has died the others still count it in their quorum, and so does every
 * answer of Ceph. A connection tells at once: a process that is gone refuses it, a machine that is gone is silent past `deadlineMs`.
 */
export function greetMonitors(deadlineMs: number): GreetMonitors {
  return async (monitors, signal) => {
    const silent = await Promise.all(
      monitors.map(async ({ name, addresses }) => {
        const answers = await Promise.all(addresses.map(({ host, port }) => isGreeted(host, port, deadlineMs, signal)));
        return answers.includes(true) ? [] : [name];
      }),
    );
    return silent.flat();
  };
}

function isGreeted(host: string, port: number, deadlineMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]) });
    let heard = '';
    const end = (isThere: boolean): void => {
      resolve(isThere);
      socket.destroy();
    };
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      if (heard.length >= BANNER.length) end(heard.startsWith(BANNER));
    });
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
  });
}
