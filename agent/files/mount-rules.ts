import type { ExpectedMount } from './expected-mounts.ts';
import type { MountTable } from './mount-table.ts';

const NETWORK = /^(?:nfs.*|cifs|smb.*|ceph|9p|afs|glusterfs|lustre|beegfs|gfs2|ocfs2|fuse|fuse\..*)$/;
const KERNEL =
  /^(?:proc|sysfs|devtmpfs|devpts|cgroup2?|debugfs|tracefs|securityfs|configfs|pstore|bpf|efivarfs|mqueue|hugetlbfs|binfmt_misc|fusectl|rpc_pipefs|nsfs|selinuxfs)$/;

/** What is there is gone with the next boot. */
const MEMORY = /^(?:tmpfs|ramfs)$/;

/** Names of upper and lower case are one there. */
const CASELESS = /^(?:vfat|msdos|exfat|ntfs3?|fuseblk|hfsplus)$/;
/** Where the SSD belongs, whether or not anything says that it should be there. */
const SSD = 'm2';
/** No link(2), no owners, no modes. */
const POOR = CASELESS;

/**
 * Says why nothing may be written to a path because of where it is mounted, as the end of a sentence; undefined: it may. What recovery needs must be
 * there at every boot before the services are, so that a network, or a disk that the boot does not wait for, will not do;
 * nor memory, in which the release would be gone after a boot and still count as installed.
 */
export function mountProblem(path: string, table: MountTable, expected: readonly ExpectedMount[]): string | undefined {
  const missing = expected.find(({ at }) => (path === at || path.startsWith(`${at}/`)) && !table.isMountPoint(at));
  if (missing !== undefined) return `/${missing.at} is not mounted now, and ${missing.from} says that it should be`;
  if (path.startsWith(`${SSD}/`) && !table.isMountPoint(SSD))
    return `/${SSD} is not mounted now: what is for the SSD would go to the disk below it`;
  const { at, mount } = table.covering(path);
  // the root itself is what the node lives on, whatever that is
  if (at === '' || mount === undefined) return undefined;
  if (mount.type === 'autofs') return `/${at} is mounted on demand`;
  if (NETWORK.test(mount.type))
    return `/${at} is on a network or foreign file system (${mount.type}), which may be away when the node recovers`;
  if (KERNEL.test(mount.type)) return `/${at} belongs to the kernel (${mount.type})`;
  const optional = expected.find((one) => one.at === at && one.isOptional);
  if (optional !== undefined)
    return `the boot does not wait for /${at} (nofail, noauto or _netdev in ${optional.from}), so that the node could not recover there`;
  return MEMORY.test(mount.type)
    ? `/${at} is in memory (${mount.type}), and what a release brings there would be gone after a boot`
    : undefined;
}

export function isCaseless(type: string | undefined): boolean {
  return type !== undefined && CASELESS.test(type);
}

/** Tells whether originals have to be kept by copying them. */
export function hasNoHardLinks(type: string | undefined): boolean {
  return type !== undefined && POOR.test(type);
}
