import type { Package__Output } from '../../../proto/gen/uvs/v1/Package.ts';
import { formatBytes, formatTime } from '../../output/quantity.ts';
import type { Column } from '../../output/table.ts';

/** As many digits of a digest as people need; the API takes any unique prefix of at least 8. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}

/** The versions that a package brings, by name: "CEPH 14.2.9, KERNEL 5.4.0-uvs2". */
export function broughtVersions(brings: Readonly<Record<string, string>>): string {
  return Object.entries(brings)
    .map(([name, version]) => `${name.toUpperCase()} ${version}`)
    .sort()
    .join(', ');
}

/** Whom a package is for, in a few words; an empty list is any. */
export function targetText({ target }: Package__Output): string {
  if (target === null) return 'any';
  const { distroId, distroVersions, archs, boards, roles } = target;
  const distro = [distroId, distroVersions.join('|')].filter((part) => part !== '').join(' ');
  return [distro, archs.join('|'), boards.join('|'), roles.join('|')].filter((part) => part !== '').join(', ') || 'any';
}

/** What of a package gives more rights to whoever runs it, a line each. */
export function privilegedLines({
  privileged,
  privilegedCount,
}: Pick<Package__Output, 'privileged' | 'privilegedCount'>): readonly string[] {
  const more = privilegedCount - privileged.length;
  return [...privileged, ...(more > 0 ? [`… and ${more.toLocaleString('en')} more; \`upd inspect\` lists them all`] : [])];
}

/** Whether the newest root file takes it: "yes", "no (KEY_UNKNOWN)", or "-" where the coordinator does not tell. */
export function trustText({ trust, refusal }: Pick<Package__Output, 'trust' | 'refusal'>): string {
  if (trust === 'PACKAGE_TRUST_TRUSTED') return 'yes';
  return trust === 'PACKAGE_TRUST_REFUSED' ? `no (${refusal})` : '-';
}

export const packageColumns: readonly Column<Package__Output>[] = [
  { title: 'Version', cell: (item) => item.version },
  { title: 'Product', cell: (item) => item.product },
  { title: 'Digest', cell: (item) => shortDigest(item.digest) },
  { title: 'Trusted', cell: trustText, tone: ({ trust }) => (trust === 'PACKAGE_TRUST_REFUSED' ? 'warn' : undefined) },
  { title: 'Encrypted', cell: ({ encrypted }) => (encrypted ? 'yes' : 'no'), tone: ({ encrypted }) => (encrypted ? undefined : 'warn') },
  { title: 'Size', cell: (item) => formatBytes(Number(item.sizeBytes)), align: 'right' },
  { title: 'Kind', cell: (item) => (item.partial ? 'partial' : 'full') },
  { title: 'Target', cell: targetText },
  { title: 'Uploaded', cell: (item) => formatTime(item.createTime) },
  { title: 'Brings', cell: (item) => broughtVersions(item.brings) || '-' },
];
