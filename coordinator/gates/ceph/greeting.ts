import { connect } from 'node:net';
import type { Address } from './address.ts';

/** Every messenger of Ceph begins with this, both versions of it (src/include/msgr.h: "ceph v027", "ceph v2\n"). */
const BANNER = 'ceph v';

export interface Listening {
  readonly name: string;
  readonly addresses: readonly Address[];
}

/** Names the daemons that do not answer at this moment; all are greeted at once. */
export type GreetDaemons = (daemons: readonly Listening[], signal: AbortSignal) => Promise<readonly string[]>;

/**
 * Makes what greets daemons. For some ten seconds after a monitor has died the others still count it in their quorum, and so does every
 * answer of Ceph; so it is with a metadata server that stands by. A connection tells at once: a process that is gone refuses it, a machine
 * that is gone is silent past `deadlineMs`.
 */
export function greetDaemons(deadlineMs: number): GreetDaemons {
  return async (daemons, signal) => {
    const silent = await Promise.all(
      daemons.map(async ({ name, addresses }) => {
        const until = new AbortController();
        const within = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs), until.signal]);
        // one that answers is enough, and ends the wait for the others
        const found = Promise.any(addresses.map((address) => greeted(address, within)));
        const isThere = await found.then(
          () => true,
          () => false,
        );
        until.abort();
        return isThere ? [] : [name];
      }),
    );
    return silent.flat();
  };
}

/** Resolves once a messenger has greeted; rejects where it is none, or the signal aborts. */
async function greeted(address: { readonly host: string; readonly port: number }, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ ...address, signal });
  let heard = '';
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
    if (heard.length < BANNER.length) return;
    if (heard.startsWith(BANNER)) resolve();
    socket.destroy();
  });
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('closed')));
  try {
    await promise;
  } finally {
    socket.destroy();
  }
}
