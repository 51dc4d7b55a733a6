import { readFileSync } from 'node:fs';

/** What is mounted, as far as it matters where something is. */
export interface Mount {
  /** major:minor */
  readonly device: string;
  /** What of the file system is shown: "/" or, for a bind mount, a directory in it. */
  readonly shown: string;
  /** Absolute path that it is mounted on. */
  readonly point: string;
  readonly type: string;
}

/** One line of proc_pid_mountinfo(5). */
export interface MountInfo extends Mount {
  /** Device, or whatever the file system calls what it is on. */
  readonly source: string;
  /** Of the mount, and of its file system's super block: an error that makes a file system read-only is told by the latter. */
  readonly options: readonly string[];
  readonly superOptions: readonly string[];
}

/** The mounts of this process, as far as they matter to a managed root. Paths are relative to that root. */
export class MountTable {
  readonly #root: string;
  readonly #mounts: readonly Mount[];
  /** By mount point below the root; '' is what the root itself is on. A later mount hides an earlier one on the same point. */
  readonly #byPoint = new Map<string, Mount>();

  /** @param root real path of the root directory */
  constructor(root: string, mounts: readonly Mount[]) {
    this.#root = root === '/' ? '' : root;
    this.#mounts = mounts;
    let longest = -1;
    for (const mount of mounts) {
      const { point } = mount;
      const below = this.#relative(point);
      if (below !== undefined && below !== '') this.#byPoint.set(below, mount);
      const carriesRoot = point === '/' || this.#root === point || this.#root.startsWith(`${point}/`);
      if (carriesRoot && point.length >= longest) {
        this.#byPoint.set('', mount);
        longest = point.length;
      }
    }
  }

  static ofThisProcess(root: string): MountTable {
    return new MountTable(root, parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')));
  }

  isMountPoint(path: string): boolean {
    return this.#byPoint.has(path);
  }

  /** The mount that a path is on, and where below the root that begins ('' for the root's own). */
  covering(path: string): { readonly at: string; readonly mount: Mount | undefined } {
    for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
      const mount = this.#byPoint.get(at);
      if (mount !== undefined) return { at, mount };
    }
    return { at: '', mount: this.#byPoint.get('') };
  }

  /** All names below the root under which the same place is seen, through bind mounts; the path itself is among them. */
  aliases(path: string): readonly string[] {
    const { mount } = this.covering(path);
    if (mount === undefined) return [path];
    const inside = this.#inside(path, mount);
    const found = new Set([path]);
    for (const other of this.#mounts) {
      if (other.device !== mount.device || other === mount) continue;
      if (other.shown !== '/' && inside !== other.shown && !inside.startsWith(`${other.shown}/`)) continue;
      const alias = this.#relative(joined(other.point, other.shown === '/' ? inside : inside.slice(other.shown.length)));
      if (alias !== undefined && this.covering(alias).mount === other) found.add(alias);
    }
    return [...found];
  }

  /** Where a path is on its file system, whatever is mounted there; undefined where no mount is known. */
  onFileSystem(path: string): { readonly device: string; readonly type: string; readonly inside: string } | undefined {
    const { mount } = this.covering(path);
    return mount === undefined ? undefined : { device: mount.device, type: mount.type, inside: this.#inside(path, mount) };
  }

  #inside(path: string, { shown, point }: Mount): string {
    return joined(shown, `${this.#root}/${path}`.slice(point === '/' ? 0 : point.length));
  }

  #relative(absolute: string): string | undefined {
    if (absolute === this.#root || (this.#root === '' && absolute === '/')) return '';
    return absolute.startsWith(`${this.#root}/`) ? absolute.slice(this.#root.length + 1) : undefined;
  }
}

/** Blanks and the like are written in octal there. */
export function parseMountInfo(text: string): readonly MountInfo[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , device = '', shown = '', point = '', options = ''] = before.split(' ');
    const [type = '', source = '', superOptions = ''] = after.split(' ');
    if (point === '') return [];
    return [
      {
        device,
        shown: unescapeOctal(shown),
        point: unescapeOctal(point),
        type,
        source: unescapeOctal(source),
        options: options.split(','),
        superOptions: superOptions.split(','),
      },
    ];
  });
}

/** As the kernel and fstab(5) write what a word can't hold. */
export function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
}

function joined(directory: string, rest: string): string {
  return directory === '/' ? rest || '/' : `${directory}${rest === '/' ? '' : rest}`;
}
