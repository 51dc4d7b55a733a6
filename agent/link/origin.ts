import { UvsError } from '../../common/errors.ts';
import type { CoordinatorClient } from '../../common/rpc/client.ts';
import type { PackageSource } from '../../common/upd/source.ts';
import type { PackageOrigin } from '../ports.ts';
import type { HttpsClient } from './https-source.ts';
import type { PackageAssignment } from './messages.ts';

const KEY_MS = 15_000;
const KEY_BYTES = 32;

/** The package of an assignment: bytes over HTTPS from whichever coordinator has them, the content key from the leader. */
export function linkOrigin(
  assignment: Pick<PackageAssignment, 'operation' | 'packageDigest' | 'packageSizeBytes'>,
  https: HttpsClient,
  client: Pick<CoordinatorClient, 'call'>,
): PackageOrigin {
  const { operation, packageDigest, packageSizeBytes } = assignment;
  // one for all attempts: it remembers whose copy is damaged
  let source: PackageSource | undefined;
  return {
    open: (_signal, tell) => Promise.resolve((source ??= https.package(packageDigest, packageSizeBytes, tell))),
    // the coordinator holds the cluster's identity and has unwrapped the recipients itself
    contentKey: async (_recipients, signal) => {
      const { contentKey } = await client.call(
        'uvs.agent.v1.AgentService',
        'GetPackageKey',
        { packageDigest, operation },
        { deadlineMs: KEY_MS, signal },
      );
      if (contentKey.length !== KEY_BYTES) {
        throw new UvsError('KEY_MISSING', `the coordinator gave no content key for package ${packageDigest.slice(0, 12)}`, {
          hint: "The package must be encrypted for the cluster's identity.",
        });
      }
      return contentKey;
    },
  };
}
