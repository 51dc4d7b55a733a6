import { openSync, closeSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { setXattrs } from '../../../agent/files/xattrs.ts';
import { errorOf } from '../../support/failure.ts';
import { MountedDisk } from '../../support/mounted-disk.ts';

const needsRoot = process.getuid?.() === 0 ? false : 'needs root to mount file systems';

void t.test('an attribute that no inode of the file system holds is no full disk', { skip: needsRoot }, async (t) => {
  using disk = MountedDisk.make('ext4');
  writeFileSync(join(disk.path, 'file'), '');
  const directoryFd = openSync(disk.path, 'r');
  try {
    const target = { directoryFd, name: 'file', path: 'srv/file', xattrs: { 'user.large': Buffer.alloc(10_000, 'x').toString('base64') } };
    t.match(await errorOf(setXattrs([target])), {
      reason: 'PATH_FORBIDDEN',
      message: 'the extended attributes of srv/file could not be set: No space left on device',
    });
  } finally {
    closeSync(directoryFd);
  }
});
