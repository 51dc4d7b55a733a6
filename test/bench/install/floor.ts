import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { measure } from '../measured.ts';
import type { Contender } from './contender.ts';
import { measureCost } from './cost.ts';

/** What a shell script costs that checks a signature and a hash, decrypts, decompresses, unpacks and syncs; it reads nothing back. */
export const floor: Contender = {
  name: 'floor: verify + decrypt + zstd -d | tar x + syncfs',
  needs: ['openssl', 'zstd', 'tar'],
  prepare: async ({ folder, archive, disk, target }) => {
    const [key, iv] = [randomBytes(32).toString('hex'), randomBytes(16).toString('hex')];
    const cipher = `-aes-256-ctr -K ${key} -iv ${iv}`;
    const make = `openssl enc ${cipher} -in '${archive}' -out payload.enc
      openssl genpkey -algorithm ed25519 -out key.pem
      openssl pkey -in key.pem -pubout -out pub.pem`;
    await measure(['/bin/sh', '-ec', make], folder);
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, 'payload.enc')), hash);
    await writeFile(join(folder, 'SHA256SUMS'), `${hash.digest('hex')}  payload.enc\n`);
    await measure(['openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', 'key.pem', '-in', 'SHA256SUMS', '-out', 'SHA256SUMS.sig'], folder);
    const script = `openssl pkeyutl -verify -rawin -pubin -inkey pub.pem -in SHA256SUMS -sigfile SHA256SUMS.sig
      sha256sum --quiet -c SHA256SUMS
      openssl enc -d ${cipher} -in payload.enc | zstd -q -d -c | tar -C '${target}' -xf -
      sync -f '${target}'`;
    return async (quiet) => {
      await quiet();
      return await measureCost({ argv: ['/bin/sh', '-ec', script], cwd: folder, device: disk.device });
    };
  },
};
