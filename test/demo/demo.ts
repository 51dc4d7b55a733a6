import { dirname } from 'node:path';
import { programPath, type Daemon } from '../support/programs.ts';
import type { SandboxCluster } from '../support/sandbox-cluster.ts';

export interface DemoOptions {
  readonly dir: string;
  readonly coordinatorConfig: string;
  readonly isKept: boolean;
}

/** A cluster on which the story is played; dispose it to end all of it, also where its start failed. */
export interface Demo extends AsyncDisposable {
  start(): Promise<SandboxCluster>;
  /** As far as they were started, for a failure's report. */
  coordinators(): readonly Daemon[];
  /** Tells how to work with it; returns when it is to end, if that is up to this process. */
  keep(signal: AbortSignal): Promise<void>;
}

/** How to talk to a cluster that is kept, whatever its nodes are. */
export function howToTalk(cluster: SandboxCluster): string {
  return `
The cluster is still up. To talk to it:

  export UVS_CREDENTIAL=${cluster.credential} PATH=${dirname(programPath('uvsctl'))}:$PATH
  uvsctl nodes list
  uvsctl rollouts list

With release.toml and tree/ as in README.md (its releaseSeq must be above 17):

  upd build release.toml --key ${cluster.signingKey} --recipient $(uvsctl status | awk '/^Recipient/ {print $2}') -o uvs-2.14.18.upd
  uvsctl push uvs-2.14.18.upd --role osd --rolling
`;
}
