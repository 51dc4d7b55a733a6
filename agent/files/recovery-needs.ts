import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { PROGRAM_PATH } from '../os/program-path.ts';
import { LibrarySearch } from './library-search.ts';
import { wayOf } from './names-on-the-way.ts';
import { parentOf } from './tree.ts';

/** Programs by which the launcher, the agent and the scripts around its tasks start and recover, wherever a PATH finds them first. */
const PROGRAMS = [
  'uvs-agent',
  'node',
  'sh',
  'dash',
  'bash',
  'env',
  'readlink',
  'dirname',
  'stat',
  'cat',
  'head',
  'stdbuf',
  'grep',
  'sed',
  'wc',
  'mv',
  'mkfifo',
  'sleep',
  'sync',
  'truncate',
  'flock',
  'setsid',
  'systemctl',
  'systemd-run',
  'systemd-notify',
  'setfattr',
  'getfattr',
  'lsattr',
  'rpm',
  'mount',
  'umount',
  'init',
];
const PROGRAM = new RegExp(`^(?:usr/(?:local/)?)?s?bin/(?:${PROGRAMS.join('|')})$`);
const LIBRARY_NAME =
  /^(?:ld-[^/]*\.so[^/]*|lib(?:c|m|dl|pthread|rt|resolv|nss_[^/.]+|stdc\+\+|gcc_s|atomic|systemd[^/]*|udev|cap|acl|attr|selinux|pcre[^/.]*|crypto|mount|blkid|kmod|audit|seccomp|pam|lzma|zstd|lz4|gcrypt|gpg-error|crypt)[.-][^/]*)$/;
const LIBRARY_DIRECTORY = /^(?:usr\/)?lib(?:32|64|x32)?(?:\/[^/]+)?$/;
const SYSTEMD = /^(?:usr\/)?lib\/systemd\/(?:systemd[^/]*|libsystemd[^/]*)$/;
/** How the dynamic loader finds libraries: a new name there changes every program. */
const LOADER = /^etc\/ld\.so\.(?:preload|cache)$|(?:^|\/)glibc-hwcaps(?:\/|$)/;
/** Says why a path may neither be replaced nor made anew, as the end of a sentence. */
export function shadowsRecovery(path: string): string | undefined {
  if (PROGRAM.test(path)) return 'the agent starts and recovers by a program of that name';
  return LOADER.test(path) ? 'it decides which libraries every program gets, the agent among them' : undefined;
}

/** What must stay as it is while a release is brought in, because recovery runs on it. Paths are relative to the root. */
export class RecoveryNeeds {
  readonly #files: ReadonlySet<string>;
  readonly #directories: readonly string[];
  readonly #libraries: ReadonlySet<string>;
  readonly #search: LibrarySearch;

  /** @param root real path of the root */
  constructor(root: string) {
    const prefix = root === '/' ? '' : root;
    const below = (path: string): readonly string[] => (path.startsWith(`${prefix}/`) ? [path.slice(prefix.length + 1)] : []);
    const mapped = [process.execPath, ...mappedFiles('self'), ...(root === '/' ? mappedFiles('1') : [])].flatMap(below);
    this.#search = new LibrarySearch(root);
    this.#libraries = new Set(mapped.map((path) => basename(path)).filter((name) => name.includes('.so')));
    this.#files = new Set([...mapped, ...programFiles(root)]);
    // the programs are bundles: this is the directory of the one that runs, symlinks followed
    this.#directories = below(import.meta.dirname);
  }

  /** Says why a path may only stay as it is where it is there, and not be made, as the end of a sentence; undefined: it may. */
  misleads(path: string): string | undefined {
    if (this.#search.isConfiguration(path)) return 'it says where every program finds its libraries, the agent among them';
    const name = path.slice(path.lastIndexOf('/') + 1);
    const isNeeded = LIBRARY_NAME.test(name) || this.#libraries.has(name);
    return isNeeded && this.#search.shadows(path)
      ? 'programs could find it before the library of that name by which the agent recovers'
      : undefined;
  }

  isPartOf(path: string): boolean {
    if (isLibrary(path) || SYSTEMD.test(path) || this.#files.has(path)) return true;
    return this.#directories.some((directory) => path.startsWith(`${directory}/`));
  }
}

function isLibrary(path: string): boolean {
  const directory = parentOf(path);
  return LIBRARY_DIRECTORY.test(directory) && LIBRARY_NAME.test(path.slice(directory.length + 1));
}

/** What those programs are on this node, where that is elsewhere: update-alternatives(1), busybox. */
function programFiles(root: string): readonly string[] {
  const ways = PROGRAM_PATH.split(':').flatMap((directory) => PROGRAMS.map((name) => wayOf(root, `${directory.slice(1)}/${name}`)));
  return ways.flatMap(({ links, end }) => [...links, ...(end === undefined ? [] : [end])]);
}

/** Programs and libraries that a process runs on, proc_pid_maps(5). */
function mappedFiles(pid: string): readonly string[] {
  try {
    const paths = readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(/^\S+ ..x. .*? (\/.*)$/gm);
    return [...new Set([...paths].map(([, path = '']) => path))];
  } catch {
    return [];
  }
}
