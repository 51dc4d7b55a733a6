/** Who is named by an access list, and what he may do at most: its mask is reckoned in. Permissions are as in a mode: 4 read, 2 write, 1 execute. */
export interface NamedAccess {
  /** "user 7", "group 7"; "everybody" for all that the list names no more than by that. */
  readonly who: string;
  readonly permissions: number;
}

const VERSION = 2;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 8;
const NAMED_USER = 0x02;
const NAMED_GROUP = 0x08;
const MASK = 0x10;
const OTHER = 0x20;

/** Reads the value of `system.posix_acl_access` or `…_default` (linux/posix_acl_xattr.h). @param value base64. @returns undefined where it is none */
export function parseAccessList(value: string): readonly NamedAccess[] | undefined {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(0) !== VERSION || (bytes.length - HEADER_BYTES) % ENTRY_BYTES !== 0)
    return undefined;
  const entries = Array.from({ length: (bytes.length - HEADER_BYTES) / ENTRY_BYTES }, (_, place) => {
    const at = HEADER_BYTES + place * ENTRY_BYTES;
    return { tag: bytes.readUInt16LE(at), permissions: bytes.readUInt16LE(at + 2), id: bytes.readUInt32LE(at + 4) };
  });
  const mask = entries.find(({ tag }) => tag === MASK)?.permissions ?? 0o7;
  return entries.flatMap(({ tag, permissions, id }) => {
    if (tag === OTHER) return [{ who: 'everybody', permissions }];
    if (tag !== NAMED_USER && tag !== NAMED_GROUP) return [];
    return [{ who: `${tag === NAMED_USER ? 'user' : 'group'} ${id}`, permissions: permissions & mask }];
  });
}
