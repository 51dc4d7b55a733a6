import { UvsError } from '../../../common/errors.ts';
import type { Package__Output } from '../../../proto/gen/uvs/v1/Package.ts';
import { formatTime } from '../../output/quantity.ts';
import { resourceName } from '../arguments.ts';
import type { Context } from '../context.ts';
import { allPages, pageSize } from '../pages.ts';
import { shortDigest } from './table.ts';

/** All packages of the cluster, newest first. */
export async function listAllPackages({ api, callLimits }: Context): Promise<Package__Output[]> {
  return await allPages(async (pageToken) => {
    const page = await api.call('uvs.v1.PackageService', 'ListPackages', { pageSize, pageToken }, callLimits);
    return { items: page.packages, nextPageToken: page.nextPageToken };
  });
}

/**
 * Finds a package by digest, by a unique prefix of it, or by version.
 * @throws UvsError NOT_FOUND, or the coordinator's own reason where several match; both name what there is.
 */
export async function findPackage(context: Context, name: string): Promise<Package__Output> {
  try {
    const request = { name: resourceName('packages', name) };
    const response = await context.api.call('uvs.v1.PackageService', 'GetPackage', request, context.callLimits);
    if (response.package !== null) return response.package;
  } catch (error) {
    if (!(error instanceof UvsError) || !aboutTheName.has(error.reason)) throw error;
    throw await withCandidates(context, name, error);
  }
  throw new UvsError('NOT_FOUND', `there is no package ${name}`, { hint: '`uvsctl packages list` shows them.' });
}

/** The coordinators take no shorter part of a digest. */
const fewestDigits = 8;

const aboutTheName: ReadonlySet<string> = new Set(['NOT_FOUND', 'CONFLICT', 'INVALID_ARGUMENT', 'ALREADY_EXISTS']);

async function withCandidates(context: Context, name: string, cause: UvsError): Promise<UvsError> {
  const bare = name.replace(/^packages\//, '');
  const matching = (await listAllPackages(context)).filter(({ version, digest }) => version === bare || digest.startsWith(bare));
  const [only] = matching;
  if (only !== undefined && matching.length === 1 && only.version !== bare && bare.length < fewestDigits) {
    return new UvsError('NOT_FOUND', `${bare} is too little of a digest: at least its first ${fewestDigits} digits are needed`, {
      cause,
      hint: `${shortDigest(only.digest)} (${only.version}) begins with it.`,
    });
  }
  if (matching.length < 2) {
    return new UvsError(cause.reason, cause.message, {
      cause,
      details: cause.details,
      hint: cause.hint ?? '`uvsctl packages list` shows what there is.',
    });
  }
  const named = matching.slice(0, 5).map((one) => `${shortDigest(one.digest)} (${whatTellsApart(one)})`);
  return new UvsError('CONFLICT', `${matching.length} packages match ${bare}`, {
    cause,
    hint: `Name one by its digest, the newest is first: ${named.join(', ')}${matching.length > named.length ? ', …' : ''}.`,
    details: { matches: String(matching.length) },
  });
}

/** The list is newest first, which alone does not say which one to take: one of them may be what a revoked key has signed. */
function whatTellsApart(item: Package__Output): string {
  const trust =
    item.trust === 'PACKAGE_TRUST_TRUSTED' ? ['trusted'] : item.trust === 'PACKAGE_TRUST_REFUSED' ? [`not trusted: ${item.refusal}`] : [];
  const time = formatTime(item.createTime);
  return [item.version, ...trust, ...(time === '-' ? [] : [`uploaded ${time}`])].join(', ');
}
