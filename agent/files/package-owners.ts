import { existsSync, lstatSync, readdirSync, readFileSync, type BigIntStats } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { UvsError } from '../../common/errors.ts';
import { lookWith } from '../os/look-with.ts';
import { readLinkIfThere } from './reading.ts';

/** Top directories that are links into usr where /usr is merged: dpkg's lists name files by either. */
const MERGED = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'libo32'];
const RPM_DATABASES = ['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm'];
const RPM_FILES = ['rpmdb.sqlite', 'Packages', 'Packages.db'];
const DPKG_DATABASE = 'var/lib/dpkg';
const DPKG_INFO = `${DPKG_DATABASE}/info`;
const DIVERSIONS = `${DPKG_DATABASE}/diversions`;
/** What says whose a path is; only dpkg and rpm write there. */
export const packageDatabases: readonly string[] = [DPKG_DATABASE, ...RPM_DATABASES];

/** Asks dpkg and rpm of a root whose a path is. What was asked once is asked again only where their databases have changed. */
export class PackageOwners {
  readonly #root: string;
  #known: { readonly state: string; readonly asked: string; readonly owners: ReadonlyMap<string, string> } | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /** Returns the owners, e.g. "deb package libc6", of those paths that have one. @throws UvsError PROGRAM_MISSING where rpm can't be asked */
  async of(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const state = this.#state();
    const asked = paths.join('\n');
    if (this.#known?.state === state && this.#known.asked === asked) return this.#known.owners;
    const merged = MERGED.filter((name) => readLinkIfThere(join(this.#root, name))?.replace(/^\//, '') === `usr/${name}`);
    const real = (path: string): string => (merged.some((name) => path.startsWith(`${name}/`)) ? `usr/${path}` : path);
    const byReal = new Map(paths.map((path) => [real(path), path]));
    const owners = new Map<string, string>();
    const own = (listed: string, owner: string): void => {
      const path = byReal.get(real(listed.replace(/^\//, '')));
      if (path !== undefined && !owners.has(path)) owners.set(path, owner);
    };
    this.#askDpkg(own);
    await this.#askRpm(own);
    this.#known = { state, asked, owners };
    return owners;
  }

  #askDpkg(own: (path: string, owner: string) => void): void {
    const directory = join(this.#root, DPKG_INFO);
    for (const name of existsSync(directory) ? readdirSync(directory) : []) {
      if (!name.endsWith('.list')) continue;
      const owner = `deb package ${name.slice(0, -'.list'.length)}`;
      for (const path of readFileSync(join(directory, name), 'utf8').split('\n')) own(path, owner);
    }
    const diversions = join(this.#root, DIVERSIONS);
    if (!existsSync(diversions)) return;
    // three lines for each: from, to, by whom
    for (const [line, path] of readFileSync(diversions, 'utf8').split('\n').entries()) if (line % 3 < 2) own(path, 'diversion of dpkg');
  }

  async #askRpm(own: (path: string, owner: string) => void): Promise<void> {
    const database = this.#rpmDatabase();
    if (database === undefined) return;
    const args = [
      '--root',
      this.#root,
      '--dbpath',
      `/${relative(this.#root, dirname(database))}`,
      '-qa',
      '--qf',
      '[%{=NAME}\\t%{FILENAMES}\\n]',
    ];
    const { code, stdout, stderr } = await lookWith('rpm', { args });
    if (code !== 0)
      throw new UvsError('INTERNAL', `rpm could not list its files: ${stderr.split('\n')[0] ?? ''}`, { hint: 'See rpm -qa on the node.' });
    for (const line of Buffer.from(stdout, 'latin1').toString('utf8').split('\n')) {
      const [name = '', path = ''] = line.split('\t');
      if (path !== '') own(path, `rpm package ${name}`);
    }
  }

  #rpmDatabase(): string | undefined {
    return RPM_DATABASES.flatMap((directory) => RPM_FILES.map((name) => join(this.#root, directory, name))).find((path) =>
      existsSync(path),
    );
  }

  /** Changes whenever a package is installed or removed: dpkg renames its lists into place. */
  #state(): string {
    const paths = [join(this.#root, DPKG_INFO), join(this.#root, DIVERSIONS), this.#rpmDatabase()];
    return paths
      .map((path) => fingerprint(path === undefined ? undefined : lstatSync(path, { bigint: true, throwIfNoEntry: false })))
      .join(' ');
  }
}

function fingerprint(stat: BigIntStats | undefined): string {
  return stat === undefined ? '-' : `${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
}
