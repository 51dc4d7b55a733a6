import type { Contender } from './contender.ts';
import { measureCost } from './cost.ts';

const agent = new URL('../../../dist/uvs/bin/uvs-agent', import.meta.url).pathname;

/** The shipped agent, from its console: signed, encrypted, read back from the device, old and new never mixed. */
export const ours: Contender = {
  name: 'uvs-agent apply (signed, AES-256-GCM, read back)',
  needs: [],
  prepare: ({ disk, target, folder, releases: { big, rootFile, identityFile } }) => {
    const word = ['--no-slot', '--reason', 'a benchmark'];
    const argv = [agent, '--root', target, 'apply', big, '--root-file', rootFile, '--identity', identityFile, ...word];
    return Promise.resolve(async (quiet) => {
      await quiet();
      return await measureCost({ argv, cwd: folder, device: disk.device });
    });
  },
};
