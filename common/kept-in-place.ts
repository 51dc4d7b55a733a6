/** Directories without which nothing runs, or that hold such. */
const NEVER =
  /^\/(?:$|(?:etc|usr|bin|sbin|lib(?:32|64|x32|o32)?|boot|dev|proc|sys|run|root|home|opt|var|var\/lib|tmp)$|(?:etc|usr|bin|sbin|lib(?:32|64|x32|o32)?|boot|dev|proc|sys|run|root)\/)/;
/**
 * What programs of the machine itself keep there, with no service that waits for a mount: without the SSD they would begin with an empty one, or with one of
 * before. The databases of dpkg and rpm among it; those that some distributions have below /usr stay there anyway.
 */
const MACHINE_KEEPS = [
  'apt',
  'alternatives',
  'dbus',
  'dhcp',
  'dpkg',
  'NetworkManager',
  'pam',
  'polkit-1',
  'rpm',
  'selinux',
  'systemd',
  'ucf',
].map((name) => `/var/lib/${name}`);
const MOUNT_POINT = '/m2';
/** Where the agent has its state unless its configuration says otherwise, and what it keeps on each file system. */
const AGENTS = /^\/var\/lib\/uvs-agent(?:\/|$)|\/\.uvs-(?:staging|retained)(?:\/|$)/;

/**
 * Says why no node brings a directory of that name to its SSD; undefined: by its name nothing stands against it.
 * @param directory a name as isDirectoryName takes it
 */
export function whyKeptInPlace(directory: string): string | undefined {
  if (isSameOrBelow(directory, MOUNT_POINT)) return 'that is where the SSD itself is mounted';
  if (AGENTS.test(directory)) return 'the agent keeps its own state there';
  const isKept = MACHINE_KEEPS.some((path) => isSameOrBelow(directory, path) || isSameOrBelow(path, directory));
  return NEVER.test(directory) || isKept ? 'the system needs it in its place' : undefined;
}

function isSameOrBelow(path: string, above: string): boolean {
  return `${path}/`.startsWith(`${above}/`);
}
