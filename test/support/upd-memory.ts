import { openFileSource } from '../../common/upd/file-source.ts';
import { openPackage } from '../../common/upd/open.ts';
import { streamContents } from '../../common/upd/segments.ts';
import { writePackage } from '../../common/upd/writer.ts';
import { makeTrust } from './upd.ts';

/** Packs a file, reads the package back piece by piece, and prints the peak memory of the process in KiB. */
const [source = '', target = ''] = process.argv.slice(2);
const { key, root } = makeTrust();
const { signal } = new AbortController();
await writePackage(
  target,
  {
    product: 'uvs',
    version: '1',
    components: { uvs: { epoch: 0, releaseSeq: 1 } },
    minAgent: '0',
    target: { distro: '', distroVersions: [], archs: [], boards: [], roles: [] },
    kind: 'full',
    requires: [],
    files: [
      {
        path: 'a',
        op: 'put',
        type: 'file',
        mode: 0o644,
        uid: 0,
        gid: 0,
        xattrs: {},
        config: 'replace',
        linkGroup: 0,
        origin: { file: source },
      },
    ],
    tasks: [],
    services: [],
    reboot: false,
    brings: {},
  },
  { keys: [key], recipients: [], level: 1 },
  signal,
);
await using file = await openFileSource(target);
const pkg = await openPackage(file, { root }, signal);
const contents = pkg.manifest.files.filter((entry) => entry.op === 'put' && entry.type === 'file');
let bytesRead = 0;
for await (const { bytes } of streamContents(file, pkg, contents, undefined, signal)) bytesRead += bytes.length;
process.stdout.write(JSON.stringify({ bytesRead, peakKiB: process.resourceUsage().maxRSS }));
