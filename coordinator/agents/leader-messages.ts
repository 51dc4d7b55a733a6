import type { Assign } from '../../proto/gen/uvs/agent/v1/Assign.ts';
import { migrationMessage } from '../api/convert/migration.ts';
import type { Assignment } from '../ports.ts';

/** What a node is given to do. */
export function assignMessage(assignment: Assignment): Assign {
  const { operation } = assignment;
  if (!('action' in assignment)) {
    const { packageDigest, manifestHash, packageSizeBytes, rollBackAfterMs = 0 } = assignment;
    const rollBackAfterSeconds = Math.ceil(rollBackAfterMs / 1000);
    return { operation, packageDigest, manifestHash, packageSizeBytes: String(packageSizeBytes), rollBackAfterSeconds };
  }
  const { action } = assignment;
  switch (action.kind) {
    case 'reboot':
      return { operation, reboot: {} };
    case 'rollback':
      return { operation, rollback: { release: action.release, version: action.version } };
    case 'restart':
      return { operation, restart: { units: [...action.units] } };
    case 'migration':
      return { operation, migration: migrationMessage(action) };
  }
}

/** Whose signatures on packages count. */
export function packageRootMessage({ chain }: { readonly chain: Uint8Array }): { rootChain: Buffer } {
  return { rootChain: Buffer.from(chain) };
}

/** Which certificates no agent is to accept any more. */
export function withdrawalsMessage(withdrawals: { readonly counter: number; readonly fingerprints: ReadonlySet<string> }): {
  counter: string;
  fingerprints: string[];
} {
  return { counter: String(withdrawals.counter), fingerprints: [...withdrawals.fingerprints] };
}
