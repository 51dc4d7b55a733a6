/** Extended attributes: base64 by name. */
export type Xattrs = Readonly<Record<string, string>>;

/**
 * Attributes that the system gives to a file by itself: labels of security modules, signatures that they keep, and what XFS shows of an access list
 * a second time. Who makes a file does not decide them.
 */
const GIVEN = /^(?:security\.(?:selinux|ima|evm|SMACK64.*)|trusted\.SGI_ACL_(?:FILE|DEFAULT))$/;

export function isGivenBySystem(name: string): boolean {
  return GIVEN.test(name);
}

/** What has getfattr(1) print attributes as `parseXattrDump` takes them: never through a symlink, of every namespace. */
export const DUMP_ARGUMENTS: readonly string[] = ['-P', '-h', '-d', '-m', '-', '-e', 'base64', '--absolute-names'];

/** Parses what getfattr prints, by path as it was named. @param dump one character for each byte */
export function parseXattrDump(dump: string): ReadonlyMap<string, Xattrs> {
  const found = new Map<string, Record<string, string>>();
  let current: Record<string, string> | undefined;
  for (const line of dump.split('\n')) {
    if (line.startsWith('# file: ')) {
      current = {};
      found.set(Buffer.from(unquote(line.slice('# file: '.length)), 'latin1').toString('utf8'), current);
      continue;
    }
    const [, name, value] = /^([^=]+)(?:=(?:0s)?(.*))?$/.exec(line) ?? [];
    if (name !== undefined && current !== undefined) current[unquote(name)] = value === undefined || value === '""' ? '' : value;
  }
  return found;
}

function unquote(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
