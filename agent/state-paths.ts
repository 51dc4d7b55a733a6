import { join } from 'node:path';

/** Where the agent keeps what: below the root that it manages. */
export interface StatePaths {
  /** The managed root, absolute. */
  readonly root: string;
  readonly config: string;
  /** Mode 0700; holds all that follow. */
  readonly directory: string;
  readonly credential: string;
  readonly node: string;
  /** The package root file, as it stands. */
  readonly packageRoot: string;
  readonly withdrawals: string;
  /** The node's own age identity, for packages that no coordinator brings. */
  readonly identity: string;
}

/** Names the agent's files below an absolute root. */
export function statePaths(root: string): StatePaths {
  const directory = join(root, 'var/lib/uvs-agent');
  return {
    root,
    config: join(root, 'etc/uvs/agent.toml'),
    directory,
    credential: join(directory, 'credential.json'),
    node: join(directory, 'node.json'),
    packageRoot: join(directory, 'package-root.json'),
    withdrawals: join(directory, 'withdrawals.json'),
    identity: join(directory, 'package.identity'),
  };
}
