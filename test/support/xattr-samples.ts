/** vfs_cap_data of `cap_net_bind_service=ep`, revision 2 (linux/capability.h). */
export const netBindService = Buffer.from('0100000200040000000000000000000000000000', 'hex').toString('base64');

export function text(value: string): string {
  return Buffer.from(value).toString('base64');
}

const tags: Readonly<Record<string, number>> = { u: 0x01, uN: 0x02, g: 0x04, gN: 0x08, m: 0x10, o: 0x20 };

/** Makes the value of an access list's attribute (linux/posix_acl_xattr.h) of the text that setfacl(1) takes; in the order of its tags. */
export function accessList(list: string): string {
  const entries = list.split(',').map((entry) => {
    const [kind = '', id = '', permissions = ''] = entry.split(':');
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(tags[`${kind[0] ?? ''}${id === '' ? '' : 'N'}`] ?? 0, 0);
    bytes.writeUInt16LE(
      Number(permissions.includes('r')) * 4 + Number(permissions.includes('w')) * 2 + Number(permissions.includes('x')),
      2,
    );
    bytes.writeUInt32LE(id === '' ? 0xffffffff : Number(id), 4);
    return bytes;
  });
  return Buffer.concat([Buffer.from([2, 0, 0, 0]), ...entries]).toString('base64');
}
