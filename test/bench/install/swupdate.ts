import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measure } from '../measured.ts';
import type { Contender } from './contender.ts';
import { measureCost } from './cost.ts';

/** SWUpdate with a CMS signature and its own encryption (AES-256-CBC), streaming the archive straight into the target. */
export const swupdate: Contender = {
  name: 'SWUpdate (signed, AES-256-CBC, streamed)',
  needs: ['swupdate', 'cpio'],
  prepare: async ({ folder, archive, disk, target }) => {
    const [key, iv] = [randomBytes(32).toString('hex'), randomBytes(16).toString('hex')];
    await writeFile(join(folder, 'aes.key'), `${key} ${iv}\n`);
    await writeFile(join(folder, 'swupdate.cfg'), 'globals : { verbose = false; loglevel = 3; };\n');
    const encrypt = `openssl enc -aes-256-cbc -K ${key} -iv ${iv} -in '${archive}' -out tree.tar.zst
      openssl req -x509 -newkey rsa:4096 -nodes -keyout key.pem -out cert.pem -subj /O=uvs/CN=bench -days 3650 \\
        -addext keyUsage=digitalSignature -addext extendedKeyUsage=emailProtection`;
    await measure(['/bin/sh', '-ec', encrypt], folder);
    const sha256 = createHash('sha256')
      .update(await readFile(join(folder, 'tree.tar.zst')))
      .digest('hex');
    const image = `filename = "tree.tar.zst"; type = "archive"; path = "${target}"; compressed = "zstd"; preserve-attributes = true;
      installed-directly = true; encrypted = true; ivt = "${iv}"; sha256 = "${sha256}";`;
    await writeFile(
      join(folder, 'sw-description'),
      `software = { version = "1.0.0"; hardware-compatibility: [ "1.0" ]; images: ( { ${image} } ); }\n`,
    );
    const pack = `openssl cms -sign -in sw-description -out sw-description.sig -signer cert.pem -inkey key.pem -outform DER -nosmimecap -binary
      printf '%s\\n' sw-description sw-description.sig tree.tar.zst | cpio --quiet -o -H crc > update.swu`;
    await measure(['/bin/sh', '-ec', pack], folder);
    const argv = ['swupdate', '-f', 'swupdate.cfg', '-M', '-m', '-H', 'b:1.0', '-k', 'cert.pem', '-K', 'aes.key', '-i', 'update.swu'];
    return async (quiet) => {
      await quiet();
      return await measureCost({ argv, cwd: folder, env: { TMPDIR: folder }, device: disk.device });
    };
  },
};
