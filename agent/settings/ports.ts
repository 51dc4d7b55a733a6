/** How it stands with one setting. */
export interface KeptSetting {
  readonly name: string;
  readonly value: string;
  /** `waiting`: for an NTP server to answer; `unmet`: it was written, and something else holds; `refused`: nothing was written. */
  readonly state: 'in-force' | 'waiting' | 'unmet' | 'refused';
  /** One sentence, or ''. */
  readonly message: string;
  /** What was found otherwise than it was left, and has been put right. */
  readonly mended: readonly string[];
}

/** How it stands with a kind of settings of which nobody declares anything any more. @param why as a sentence */
export function notTakenBack(kind: string, why: string): KeptSetting {
  return { name: kind, value: '', state: 'unmet', message: `what was before is not back: ${why}`, mended: [] };
}

/** What a node's NTP client says of its clock. */
export interface NodeClock {
  /** Positive where it is slow. */
  readonly offsetSeconds: number;
  readonly server: string;
}

/** What an NTP client says. */
export interface TimeStatus {
  /** Servers that it has, by the names that it was given. */
  readonly configured: readonly string[];
  /** Of those the ones that have not answered, as far as it can tell. */
  readonly unreached: readonly string[];
  readonly clock: NodeClock | undefined;
}

/** A program that keeps the clock by NTP. */
export interface TimeClient {
  readonly name: 'chrony' | 'systemd-timesyncd';
  /** The agent's own file with servers, absolute on the node. */
  readonly path: string;
  textOf(servers: readonly string[]): string;
  /** Has it read its files again. @throws UvsError SERVICE_FAILED */
  reload(): Promise<void>;
  /** @param servers that it is to have, in order. @throws UvsError SERVICE_FAILED */
  status(servers: readonly string[]): Promise<TimeStatus>;
}

/** The NTP clients of the node. */
export interface TimeClients {
  /** The one that runs; a sentence where none does: why. */
  running(): Promise<TimeClient | string>;
  /** Files of the agent's that are there, whoever reads them. */
  ownFiles(): Promise<readonly string[]>;
  /** Has whoever runs read its files again; of nobody it is not asked. */
  reloadRunning(): Promise<void>;
}

/** Parameters of the running kernel. */
export interface Kernel {
  /** Undefined where this kernel has no such parameter. */
  read(key: string): Promise<string | undefined>;
  /** @throws what the kernel says where it does not take the value */
  write(key: string, value: string): Promise<void>;
}
