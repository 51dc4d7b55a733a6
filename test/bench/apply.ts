import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { measure, type Measured } from './measured.ts';
import { programs } from './programs.ts';
import { CONTENT_BYTES, CONTENT_FILES, LEVEL, type Releases } from './releases.ts';
import { inSeconds, median, megabytes, type Row } from './table.ts';

const ROUNDS = 3;

/** Compares `uvs-agent apply` of a signed and encrypted package with sha256, a signature, zstd, tar and syncfs over the same content. */
export async function benchApply(folder: string, releases: Releases): Promise<readonly Row[]> {
  const archive = await makeArchive(folder, releases.contentFolder);
  const applied: Measured[] = [];
  const unpacked: Measured[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    applied.push(await applyOnce(releases, join(folder, `agent${round}`)));
    unpacked.push(await unpackOnce(archive, join(folder, `tar${round}`)));
  }
  const { size } = await stat(releases.big);
  const ratios = applied.map((run, round) => run.wallMs / (unpacked[round]?.wallMs ?? Number.NaN));
  return [
    ...rowsOf(`uvs-agent apply: ${megabytes(size)} package, ${megabytes(CONTENT_BYTES)} in ${CONTENT_FILES} files`, applied),
    ...rowsOf('reference: ed25519 + sha256 + zstd -d | tar x + sync -f', unpacked),
    { what: 'apply / reference', value: median(ratios).toFixed(2), note: `rounds: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}` },
  ];
}

function rowsOf(what: string, runs: readonly Measured[]): readonly Row[] {
  const wall = runs.map((run) => run.wallMs);
  return [
    { what, value: inSeconds(median(wall)), note: `rounds: ${wall.map(inSeconds).join(', ')}` },
    { what: '  peak memory', value: megabytes(Math.max(...runs.map((run) => run.peakRssBytes))), note: 'all processes together' },
    { what: '  bytes written', value: megabytes(median(runs.map((run) => run.writtenBytes))), note: 'write_bytes of proc(5)' },
  ];
}

/** @returns the folder with content.tar.zst, SHA256SUMS and its signature */
async function makeArchive(folder: string, contentFolder: string): Promise<string> {
  const plain = join(folder, 'plain');
  await mkdir(plain);
  const script = `tar -C '${contentFolder}' -cf - . | zstd -q -${LEVEL} -o content.tar.zst
    openssl genpkey -algorithm ed25519 -out key.pem
    openssl pkey -in key.pem -pubout -out pub.pem`;
  await measure(['/bin/sh', '-ec', script], plain);
  const hash = createHash('sha256');
  await pipeline(createReadStream(join(plain, 'content.tar.zst')), hash);
  await writeFile(join(plain, 'SHA256SUMS'), `${hash.digest('hex')}  content.tar.zst\n`);
  await measure(['openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', 'key.pem', '-in', 'SHA256SUMS', '-out', 'SHA256SUMS.sig'], plain);
  return plain;
}

async function applyOnce({ big, identityFile, rootFile }: Releases, root: string): Promise<Measured> {
  const argv = [
    ...programs.agent,
    '--root',
    root,
    'apply',
    big,
    '--root-file',
    rootFile,
    '--identity',
    identityFile,
    '--no-slot',
    '--reason',
    'a benchmark',
  ];
  return inFreshFolder(root, () => measure(argv, root));
}

async function unpackOnce(archive: string, root: string): Promise<Measured> {
  const script = `openssl pkeyutl -verify -rawin -pubin -inkey pub.pem -in SHA256SUMS -sigfile SHA256SUMS.sig >/dev/null
    sha256sum --quiet -c SHA256SUMS
    zstd -q -d -c content.tar.zst | tar -C '${root}' -xf -
    sync -f '${root}'`;
  return inFreshFolder(root, () => measure(['/bin/sh', '-ec', script], archive));
}

/** What was written before is on the disk, and what is written now is removed afterwards, so that the rounds are alike. */
async function inFreshFolder(root: string, work: () => Promise<Measured>): Promise<Measured> {
  await mkdir(root, { recursive: true });
  await measure(['sync', '-f', root], root);
  try {
    return await work();
  } finally {
    await rm(root, { recursive: true });
  }
}
