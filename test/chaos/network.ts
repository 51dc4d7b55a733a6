import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const PREFIX = 'uvschaos-';
const FOLDER = '/run/netns';
const HUB = 'hub';
/** Of the hub, at every one of its links. */
const GATEWAY = '10.77.255.254';

/** Which way of two is cut: from the first to the second, back, or both. */
export type Way = 'both' | 'to' | 'from';

/**
 * A network of its own: a namespace for each machine, each linked to one that routes between them. What is cut is dropped by a rule of the
 * router's, silently and one way where that is wished; needs only iproute2. Names carry the owner's process id, so that several can be
 * there at once and those of a dead owner be told.
 */
export class Network implements Disposable {
  readonly #owner: number;
  readonly #addresses = new Map<string, string>();
  /** How many have cut this way now, by "from to". */
  readonly #cuts = new Map<string, number>();

  /** @param owner the process whose death makes all of it a leftover */
  constructor(owner: number) {
    this.#owner = owner;
  }

  /** Makes the router. @throws Error where this machine lets nobody make namespaces */
  make(): void {
    ip([`netns add ${this.namespace(HUB)}`]);
    execFileSync('nsenter', [`--net=${this.path(HUB)}`, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
  }

  namespace(machine: string): string {
    return `${PREFIX}${this.#owner}-${machine}`;
  }

  /** What nsenter(1) takes. */
  path(machine: string): string {
    return `${FOLDER}/${this.namespace(machine)}`;
  }

  add(machine: string, address: string): void {
    this.#addresses.set(machine, address);
    const [own, hub] = [this.namespace(machine), this.namespace(HUB)];
    ip([`netns add ${own}`, `link add v-${machine} netns ${hub} type veth peer name eth0 netns ${own}`]);
    ip([`address add ${GATEWAY}/32 dev v-${machine}`, `link set v-${machine} up`, `route add ${address}/32 dev v-${machine}`], hub);
    ip(
      [
        'link set lo up',
        `address add ${address}/32 dev eth0`,
        'link set eth0 up',
        `route add ${GATEWAY}/32 dev eth0`,
        `route add default via ${GATEWAY}`,
      ],
      own,
    );
  }

  address(machine: string): string {
    const address = this.#addresses.get(machine);
    if (address === undefined) throw new Error(`there is no machine ${machine}`);
    return address;
  }

  /** Drops what goes between the first and each of the others. Cuts add up; each is healed for itself. */
  cut(machine: string, others: readonly string[], way: Way): void {
    for (const pair of this.#pairs(machine, others, way)) {
      const count = this.#cuts.get(pair) ?? 0;
      this.#cuts.set(pair, count + 1);
      if (count === 0) ip([`rule add ${pair} blackhole`], this.namespace(HUB));
    }
  }

  heal(machine: string, others: readonly string[], way: Way): void {
    for (const pair of this.#pairs(machine, others, way)) {
      const count = this.#cuts.get(pair) ?? 0;
      this.#cuts.set(pair, count - 1);
      if (count === 1) ip([`rule del ${pair} blackhole`], this.namespace(HUB));
    }
  }

  unplug(machine: string): void {
    ip([`link set v-${machine} down`], this.namespace(HUB));
  }

  plug(machine: string): void {
    // the route went with the link
    ip([`link set v-${machine} up`, `route replace ${this.address(machine)}/32 dev v-${machine}`], this.namespace(HUB));
  }

  *#pairs(machine: string, others: readonly string[], way: Way): Iterable<string> {
    const own = this.address(machine);
    for (const other of others.map((name) => this.address(name))) {
      if (way !== 'from') yield `from ${own} to ${other}`;
      if (way !== 'to') yield `from ${other} to ${own}`;
    }
  }

  [Symbol.dispose](): void {
    remove(this.#owner);
  }

  /** Removes what owners that are dead have left: processes in their namespaces, then the namespaces. */
  static sweep(): void {
    if (!existsSync(FOLDER)) return;
    const owners = new Set(readdirSync(FOLDER).flatMap((name) => ownerOf(name) ?? []));
    for (const owner of owners) if (!existsSync(`/proc/${owner}`)) remove(owner);
  }
}

function ownerOf(namespace: string): number | undefined {
  const digits = namespace.startsWith(PREFIX) ? /^\d+/u.exec(namespace.slice(PREFIX.length))?.[0] : undefined;
  return digits === undefined ? undefined : Number(digits);
}

function remove(owner: number): void {
  for (const name of readdirSync(FOLDER)) {
    if (ownerOf(name) !== owner) continue;
    for (const pid of execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).split('\n').map(Number)) {
      if (pid > 1 && pid !== process.pid) killOne(pid);
    }
    ip([`netns del ${name}`]);
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

function ip(commands: readonly string[], namespace?: string): void {
  const within = namespace === undefined ? [] : ['-netns', namespace];
  execFileSync('ip', [...within, '-batch', '-'], { input: `${commands.join('\n')}\n`, encoding: 'utf8', timeout: 20_000 });
}

/** Says why no network can be made here; undefined: it can. */
export function whyNoNetwork(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  if (!existsSync('/proc/self/ns/net')) return 'this kernel has no network namespaces';
  const folders = (process.env['PATH'] ?? '').split(':');
  const missing = ['ip', 'nsenter', 'setpriv', 'etcd', 'etcdctl'].filter(
    (name) => !folders.some((folder) => existsSync(`${folder}/${name}`)),
  );
  return missing.length === 0 ? undefined : `missing programs: ${missing.join(', ')}`;
}
