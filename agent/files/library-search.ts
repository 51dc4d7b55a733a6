import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentOf } from './tree.ts';
import { wayOf } from './names-on-the-way.ts';

/** Where the dynamic loader or ldconfig(8) look on some system, whatever a configuration says. */
const STANDARD = ['lib', 'lib32', 'lib64', 'libx32'].flatMap((name) => [name, `usr/${name}`, `usr/local/${name}`]);
const ARCHITECTURES = ['aarch64-linux-gnu', 'arm-linux-gnueabihf', 'x86_64-linux-gnu', 'i386-linux-gnu'];
const CONFIGURATION = /^etc\/ld\.so\.conf(?:$|\.d\/)/;
const MAX_NESTED = 8;

/** Which libraries programs find, ld.so(8) and ldconfig(8), as it is configured on this node. Paths are relative to the root. */
export class LibrarySearch {
  readonly #root: string;
  #directories: ReadonlySet<string> | undefined;

  /** @param root real path of the root */
  constructor(root: string) {
    this.#root = root;
  }

  /** Whether a file says where libraries are looked for. */
  isConfiguration(path: string): boolean {
    return CONFIGURATION.test(path);
  }

  /** Whether a library of a name would be looked for where a path is, and one of that name, or of that name without its last numbers, is there by another path. */
  shadows(path: string): boolean {
    const directories = (this.#directories ??= this.#find());
    const directory = parentOf(path);
    if (!directories.has(directory)) return false;
    const own = path.slice(directory.length + 1);
    const isThere = (other: string, name: string): boolean =>
      (other !== directory || name !== own) && existsSync(join(this.#root, other, name));
    return [...directories].some((other) => sonamesOf(own).some((name) => isThere(other, name)));
  }

  #find(): ReadonlySet<string> {
    const standard = STANDARD.flatMap((name) => [name, ...ARCHITECTURES.map((architecture) => `${name}/${architecture}`)]);
    const named = this.#namedIn(join(this.#root, 'etc/ld.so.conf'), 0);
    return new Set([...standard, ...named].flatMap((path) => wayOf(this.#root, path).end ?? []));
  }

  #namedIn(file: string, nested: number): readonly string[] {
    if (nested > MAX_NESTED || !existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim())
      .flatMap((line) => {
        const [word = '', ...patterns] = line.split(/\s+/);
        if (word !== 'include') return line.startsWith('/') ? [line.replace(/=.*/, '').replace(/^\/+|\/+$/g, '')] : [];
        return patterns.flatMap((pattern) =>
          globSync(join(this.#root, pattern.startsWith('/') ? pattern : `etc/${pattern}`)).flatMap((path) =>
            this.#namedIn(path, nested + 1),
          ),
        );
      });
  }
}

/** The names under which ldconfig may make a library known: libc.so.6, for libc.so.6 and libc.so.6.1. */
function sonamesOf(name: string): readonly string[] {
  const [, stem, numbers = ''] = /^(.+\.so)((?:\.\d+)*)$/.exec(name) ?? [];
  if (stem === undefined || numbers === '') return [name];
  const parts = numbers.slice(1).split('.');
  return parts.map((_part, index) => `${stem}.${parts.slice(0, index + 1).join('.')}`);
}
