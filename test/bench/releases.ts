import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeContent } from './content.ts';
import { call, programs } from './programs.ts';

export const CONTENT_FILES = 3_000;
export const CONTENT_BYTES = 300_000_000;
/** Of zstd, the same for the package and for what it is compared with. */
export const LEVEL = '9';

/** The packages that the parts share, and what it takes to trust and read them. */
export interface Releases {
  /** Signed and encrypted for `identityFile`, about 90 MB. */
  readonly big: string;
  /** Builds the same for another recipient, as a cluster demands of what is uploaded to it. */
  readonly bigFor: (recipient: string) => Promise<string>;
  /** Next to nothing in it. */
  readonly small: string;
  readonly contentFolder: string;
  readonly rootFile: string;
  readonly identityFile: string;
}

export async function makeReleases(folder: string): Promise<Releases> {
  const contentFolder = join(folder, 'content');
  await writeContent(contentFolder, CONTENT_FILES, CONTENT_BYTES);
  await mkdir(join(folder, 'little'));
  await writeFile(join(folder, 'little', 'file'), 'next to nothing\n');
  const key = join(folder, 'vendor');
  const rootFile = join(folder, 'package-root.json');
  await call(programs.upd, 'keygen', key);
  await call(programs.upd, 'root', 'init', '--key', `${key}.pub`, '--product', 'uvs', '--out', rootFile);
  const made = await call(programs.upd, 'keygen', '--encryption', '--json', join(folder, 'node'));
  const recipient = /age1[a-z0-9]+/u.exec(made)?.[0] ?? '';
  const build = async (name: string, source: string, releaseSeq: number, ...options: readonly string[]): Promise<string> => {
    const spec = join(folder, `${name}.toml`);
    const file = join(folder, `${name}.upd`);
    await writeFile(spec, specText(source, releaseSeq));
    await call(programs.upd, 'build', spec, '--out', file, '--key', `${key}.key`, '--level', LEVEL, ...options);
    return file;
  };
  return {
    big: await build('big', 'content', 17, '--recipient', recipient),
    bigFor: (other) => build('big-for-cluster', 'content', 17, '--recipient', other),
    small: await build('small', 'little', 18),
    contentFolder,
    rootFile,
    identityFile: join(folder, 'node.identity'),
  };
}

function specText(source: string, releaseSeq: number): string {
  return `product = "uvs"
version = "2.14.${releaseSeq}"
releaseSeq = ${releaseSeq}
[target]
[[trees]]
source = "${source}"
destination = "/opt/uvs/2.14.${releaseSeq}"
`;
}
