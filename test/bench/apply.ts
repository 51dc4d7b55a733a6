import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeContent } from './content.ts';
import { measure, type Measured } from './measured.ts';
import { call, programs } from './programs.ts';
import { inSeconds, median, megabytes, type Row } from './table.ts';

const FILES = 3_000;
const PLAIN_BYTES = 300_000_000;
const ROUNDS = 3;
/** Of zstd, the same for both. */
const LEVEL = '9';

interface Releases {
  readonly package: string;
  readonly identity: string;
  readonly rootFile: string;
  /** Folder with content.tar.zst, its sha256, and a signature of that. */
  readonly plain: string;
}

/** Compares `uvs-agent apply` of a signed and encrypted package with sha256, a signature, zstd, tar and syncfs over the same content. */
export async function benchApply(folder: string): Promise<readonly Row[]> {
  const releases = await makeReleases(folder);
  const applied: Measured[] = [];
  const unpacked: Measured[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    applied.push(await applyOnce(releases, join(folder, `agent${round}`)));
    unpacked.push(await unpackOnce(releases, join(folder, `tar${round}`)));
  }
  const { size } = await stat(releases.package);
  const ratios = applied.map((run, round) => run.wallMs / (unpacked[round]?.wallMs ?? Number.NaN));
  const what = `${megabytes(size)} package, ${megabytes(PLAIN_BYTES)} in ${FILES} files`;
  return [
    ...rowsOf(`apply: ${what}`, applied),
    ...rowsOf('reference: sha256 + ed25519 + zstd -d | tar x + sync -f', unpacked),
    { what: 'apply / reference', value: median(ratios).toFixed(2), note: `rounds: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}` },
  ];
}

function rowsOf(what: string, runs: readonly Measured[]): readonly Row[] {
  return [
    { what, value: inSeconds(median(wall(runs))), note: `rounds: ${wall(runs).map(inSeconds).join(', ')}` },
    { what: '  peak memory', value: megabytes(Math.max(...runs.map((run) => run.peakRssBytes))), note: 'all processes together' },
    { what: '  bytes written', value: megabytes(median(runs.map((run) => run.writtenBytes))), note: '/proc/PID/io' },
  ];
}

function wall(runs: readonly Measured[]): readonly number[] {
  return runs.map((run) => run.wallMs);
}

async function makeReleases(folder: string): Promise<Releases> {
  const content = join(folder, 'content');
  await writeContent(content, FILES, PLAIN_BYTES);
  const key = join(folder, 'vendor');
  await call(programs.upd, 'keygen', key);
  const rootFile = join(folder, 'package-root.json');
  await call(programs.upd, 'root', 'init', '--key', `${key}.pub`, '--product', 'uvs', '--out', rootFile);
  const spec = join(folder, 'release.toml');
  await writeFile(
    spec,
    `product = "uvs"\nversion = "2.14.17"\nreleaseSeq = 17\n[target]\n[[trees]]\nsource = "content"\ndestination = "/opt/uvs/2.14.17"\n`,
  );
  const recipient = /age1[a-z0-9]+/u.exec(await call(programs.upd, 'keygen', '--encryption', '--json', join(folder, 'node')))?.[0] ?? '';
  const file = join(folder, 'release.upd');
  await call(programs.upd, 'build', spec, '--out', file, '--key', `${key}.key`, '--recipient', recipient, '--level', LEVEL);
  return { package: file, identity: join(folder, 'node.identity'), rootFile, plain: await makeReference(folder) };
}

async function makeReference(folder: string): Promise<string> {
  const plain = join(folder, 'plain');
  await mkdir(plain);
  const script = `tar -C content -cf - . | zstd -q -${LEVEL} -o plain/content.tar.zst
    openssl genpkey -algorithm ed25519 -out plain/key.pem && openssl pkey -in plain/key.pem -pubout -out plain/pub.pem`;
  await measure(['/bin/sh', '-ec', script], folder);
  const hash = createHash('sha256');
  await pipeline(createReadStream(join(plain, 'content.tar.zst')), hash);
  await writeFile(join(plain, 'SHA256SUMS'), `${hash.digest('hex')}  content.tar.zst\n`);
  await measure(['openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', 'key.pem', '-in', 'SHA256SUMS', '-out', 'SHA256SUMS.sig'], plain);
  return plain;
}

async function applyOnce({ package: file, identity, rootFile }: Releases, root: string): Promise<Measured> {
  const argv = [...programs.agent, '--root', root, 'apply', file, '--root-file', rootFile, '--identity', identity, '--no-slot'];
  return inFreshFolder(root, () => measure(argv, root));
}

async function unpackOnce({ plain }: Releases, root: string): Promise<Measured> {
  const script = `openssl pkeyutl -verify -rawin -pubin -inkey pub.pem -in SHA256SUMS -sigfile SHA256SUMS.sig >/dev/null
    sha256sum --quiet -c SHA256SUMS
    zstd -q -d -c content.tar.zst | tar -C '${root}' -xf -
    sync -f '${root}'`;
  return inFreshFolder(root, () => measure(['/bin/sh', '-ec', script], plain));
}

/** What was written before is on the disk and what is written now is removed afterwards, so that the rounds are alike. */
async function inFreshFolder(root: string, work: () => Promise<Measured>): Promise<Measured> {
  await mkdir(root, { recursive: true });
  await measure(['sync', '-f', root], root);
  try {
    return await work();
  } finally {
    await rm(root, { recursive: true });
  }
}
