import { UvsError } from '../../common/errors.ts';
import type { Handlers } from '../../common/rpc/handlers.ts';
import { PART_CAPS } from '../../common/upd/container.ts';
import type { KnownRoot } from '../../common/upd/root-join.ts';
import type { Package } from '../../proto/gen/uvs/v1/Package.ts';
import type { PackageRoot } from '../../proto/gen/uvs/v1/PackageRoot.ts';
import type { PackageServiceHandlers } from '../../proto/gen/uvs/v1/PackageService.ts';
import type { AgentHub } from '../agents/hub.ts';
import type { PackageTrust } from '../blobs/package-trust.ts';
import type { Actor, Core } from '../core.ts';
import type { PackageRecord } from '../domain.ts';
import type { PackageSigning } from '../blobs/package-signing.ts';
import { packageMessage, signingMessage, standingMessage } from './convert/package.ts';
import { paginate } from './page.ts';
import { rootLosses } from './root-losses.ts';
import { stoppedRollouts } from './stopped-rollouts.ts';
import { invalid, pageSize, requestId, requireDigest, requireInteger, requireName, requireReason } from './validate.ts';
import type { Views } from './views.ts';

/** Where the bytes of packages go. */
export interface UploadPlace {
  /** https://host:port of this coordinator. */
  readonly url: string;
  readonly maxBytes: number;
  /** Whether all bytes are here. */
  holds(digest: string): boolean;
  /** Bytes that are here already. @throws UvsError NO_SPACE, TOO_MANY, NOT_LEADER */
  prepare(digest: string, sizeBytes: number, actor: Actor): Promise<number>;
}

/** Metadata of packages; their bytes travel over HTTPS. */
export function packageService(
  handlers: Handlers,
  parts: {
    readonly core: Core;
    readonly hub: Pick<AgentHub, 'behindRoot'>;
    readonly uploads: UploadPlace;
    readonly trust: Pick<PackageTrust, 'refusal' | 'standing'>;
    readonly signing: (record: PackageRecord, signal: AbortSignal) => Promise<PackageSigning | undefined>;
  },
  views: Views,
): PackageServiceHandlers {
  const { core, hub, uploads, trust, signing } = parts;
  const rootMessage = ({ trusted, chain }: KnownRoot): PackageRoot => ({
    version: trusted.root.version,
    sha256: trusted.sha256,
    rootChain: Buffer.from(chain),
    nodesBehind: namesBehind(core, hub, trusted.root.version),
  });
  return {
    CreateUpload: handlers.unary(async (request, { peer }) => {
      const digest = requireDigest(request.digest, 'digest');
      const sizeBytes = requireInteger(request.sizeBytes, 'size_bytes', 1, uploads.maxBytes);
      const present = await findOrNone(core, digest);
      // one that is listed without its bytes here is taken again
      if (present !== undefined && uploads.holds(digest)) {
        const standing = await trust.standing(present);
        if (standing instanceof UvsError) throw standing;
        return { uploadUrl: '', receivedBytes: String(sizeBytes), package: packageMessage(present) };
      }
      const receivedBytes = await uploads.prepare(digest, sizeBytes, { identity: peer.name });
      return { uploadUrl: `${uploads.url}/v1/uploads/${digest}`, receivedBytes: String(receivedBytes), package: null };
    }),
    ListPackages: handlers.unary(async (request, context) => {
      return await views.lookUp(context, async () => {
        const page = paginate(await core.packages.list(), (record) => record.digest, pageSize(request.pageSize, 100), request.pageToken);
        const packages: Package[] = [];
        // one after the other: each may be megabytes the first time
        for (const record of page.items) {
          context.signal.throwIfAborted();
          packages.push({ ...packageMessage(record), ...standingMessage(await trust.standing(record)) });
        }
        return { packages, nextPageToken: page.nextPageToken };
      });
    }),
    GetPackage: handlers.unary(async (request, context) => {
      const name = requireName(request.name, 'packages');
      return await views.lookUp(context, async () => {
        const found = await core.packages.find(name);
        return { package: packageMessage(found), signing: signingMessage(await signing(found, context.signal)) };
      });
    }),
    DeletePackage: handlers.unary(async (request, { peer }) => {
      const { digest } = await core.packages.find(requireName(request.name, 'packages'));
      await core.packages.remove(digest, { identity: peer.name }, requestId(request.requestId));
      return {};
    }),
    GetPackageRoot: handlers.unary(async () => ({ packageRoot: rootMessage(core.packageRoot.current()) })),
    CheckPackageRoot: handlers.unary(async (request, context) => {
      const chain = requireChain(request.rootChain);
      return await views.lookUp(context, async () => {
        const before = core.packageRoot.current().trusted;
        const { trusted } = core.packageRoot.follow(chain);
        return {
          version: trusted.root.version,
          stoppedRollouts: await stoppedRollouts(core, trust, trusted, context.signal),
          losses: await rootLosses(core, trust, { before, after: trusted }, context.signal),
        };
      });
    }),
    RaisePackageRoot: handlers.unary(async (request, context) => {
      const chain = requireChain(request.rootChain);
      const actor = { identity: context.peer.name };
      const before = core.packageRoot.current().trusted;
      const known = await core.packageRoot.raise(chain, requireReason(request.reason), actor, requestId(request.requestId));
      // it is done, whatever comes of the question
      const stopped = await views.lookUp(context, () => stoppedRollouts(core, trust, known.trusted, context.signal)).catch(() => []);
      const losses =
        before.sha256 === known.trusted.sha256
          ? null
          : await views.lookUp(context, () => rootLosses(core, trust, { before, after: known.trusted }, context.signal)).catch(() => null);
      return { packageRoot: rootMessage(known), stoppedRollouts: stopped, losses };
    }),
  };
}

function requireChain(bytes: Uint8Array): Uint8Array {
  if (bytes.length > 0 && bytes.length <= PART_CAPS.rootChain) return bytes;
  throw invalid('root_chain', `must have 1 to ${PART_CAPS.rootChain} bytes`);
}

/** Host names of all nodes of the cluster that have not told that they know the root file, the silent among them. */
function namesBehind({ nodes }: Pick<Core, 'nodes'>, hub: Pick<AgentHub, 'behindRoot'>, version: number): string[] {
  const all = nodes.list();
  const behind = hub.behindRoot(
    version,
    all.map(({ uid }) => uid),
  );
  return all.filter(({ uid }) => behind.has(uid)).map(({ hostname }) => hostname);
}

async function findOrNone(core: Core, digest: string): Promise<PackageRecord | undefined> {
  try {
    return await core.packages.find(digest);
  } catch (error) {
    if (error instanceof UvsError && error.reason === 'NOT_FOUND') return undefined;
    throw error;
  }
}
