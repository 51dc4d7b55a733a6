import { isIP } from 'node:net';
import type { MemberPlace } from '../gates/etcd/members.ts';
import { plainAddress } from '../plain-address.ts';
import type { Clock } from '../ports.ts';

/** Looks up the IP addresses of a host name. @throws where it has none */
export type LookUp = (host: string) => Promise<readonly string[]>;

/** How long a name's addresses, or that it has none, are taken for so. */
const KEPT_MS = 30_000;
/** A resolver that does not answer must not take the time of the gate. */
const LOOK_UP_MS = 2_000;

interface Kept {
  readonly addresses: Promise<readonly string[]>;
  readonly sinceMs: number;
}

/** Finds out on which machines the members of etcd are, by the hosts in their URLs. */
export class MemberPlaces {
  readonly #lookUp: LookUp;
  /** The machine on which this coordinator runs: it is what answers at a loopback address. */
  readonly #ownName: string;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #kept = new Map<string, Kept>();

  constructor(lookUp: LookUp, ownName: string, clock: Pick<Clock, 'monotonicMs'>) {
    this.#lookUp = lookUp;
    this.#ownName = ownName;
    this.#clock = clock;
  }

  /** @param name the member's own; it often is its machine's */
  async of(name: string, urls: readonly string[]): Promise<MemberPlace> {
    const hosts = [...new Set(urls.flatMap(hostOf))];
    const names = [name, ...hosts.filter((host) => isIP(host) === 0 && host !== 'localhost')].filter((each) => each !== '');
    const found = await Promise.all(hosts.map((host) => this.#addressesOf(host)));
    const addresses = found.flat().filter((address) => !isUnspecified(address));
    const outside = addresses.filter((address) => !isLoopback(address));
    const isWhole = found.length > 0 && found.every((each) => each.length > 0 && !each.some(isUnspecified));
    if (outside.length > 0 || !isWhole) return { names, addresses: new Set(outside), isWhole };
    return { names: [...names, this.#ownName], addresses: new Set(addresses.filter((address) => !isSelf(address))), isWhole };
  }

  #addressesOf(host: string): Promise<readonly string[]> {
    if (isIP(host) !== 0) return Promise.resolve([host]);
    if (host === 'localhost') return Promise.resolve(['127.0.0.1']);
    const nowMs = this.#clock.monotonicMs();
    const known = this.#kept.get(host);
    if (known !== undefined && nowMs - known.sinceMs <= KEPT_MS) return known.addresses;
    // of members that were removed nobody asks again
    for (const [other, { sinceMs }] of this.#kept) if (nowMs - sinceMs > KEPT_MS) this.#kept.delete(other);
    const addresses = this.#found(host);
    this.#kept.set(host, { addresses, sinceMs: nowMs });
    return addresses;
  }

  /** Empty where it has none, or that can't be found out in time. */
  async #found(host: string): Promise<readonly string[]> {
    const late = Promise.withResolvers<readonly string[]>();
    const timer = setTimeout(() => late.resolve([]), LOOK_UP_MS);
    try {
      return (await Promise.race([this.#lookUp(host), late.promise])).map(plainAddress);
    } catch {
      return [];
    } finally {
      clearTimeout(timer);
    }
  }
}

function hostOf(url: string): readonly string[] {
  const host = URL.parse(url)?.hostname.toLowerCase();
  return host === undefined || host === '' ? [] : [plainAddress(host)];
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** It listens at all addresses of its machine, and says so instead of naming one. */
function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** What every machine calls itself; other loopback addresses may be told of nodes that share one machine. */
function isSelf(address: string): boolean {
  return address === '127.0.0.1' || address === '::1';
}
