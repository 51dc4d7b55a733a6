import type { Listener, ListenAddress } from './config.ts';
import { freePort } from './free-port.ts';

export interface ResolvedListener {
  readonly listen: ListenAddress;
  /** host:port that others are told. */
  readonly advertised: string;
}

/** Takes a free port where the configuration says 0: others must be told one before it is listened on. */
export async function resolveListener(listener: Listener): Promise<ResolvedListener> {
  const { host } = listener.listen;
  const port = listener.listen.port === 0 ? await freePort(host) : listener.listen.port;
  const listen = { host, port };
  return { listen, advertised: listener.advertise ?? hostPort(listen) };
}

export function hostPort({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
