import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { directoriesAbove, wayOf } from './names-on-the-way.ts';
import type { Touch } from './touch.ts';

/** Roots of what systemd reads, systemd.unit(5); /run is nobody's. */
const SYSTEMD_DIRECTORIES = ['etc/systemd', 'usr/local/lib/systemd', 'usr/lib/systemd', 'lib/systemd'];
const UNIT_DIRECTORIES = SYSTEMD_DIRECTORIES.flatMap((at) => [
  `${at}/system`,
  ...(at === 'etc/systemd' ? [`${at}/system.control`, `${at}/system.attached`] : []),
]);
/** Beside the units: what rules all of them, and makes more of them at boot. */
const MANAGER = /^system(?:\.conf|\.conf\.d|-generators|-environment-generators|-preset)(?:\/|$)/;

/** What a unit that must not start leads to. */
const MASK = 'dev/null';
/** The agent's own, and its tasks'. */
const OWN = /^uvs-(?:agent|task)/;
const OWN_EXAMPLES = ['uvs-agent.service', 'uvs-agent-recover.service', 'uvs-task-.service'];
/** What has to start for recovery and the agent to start, and what they run in. */
const NEEDED = [
  'default.target',
  'multi-user.target',
  'basic.target',
  'sysinit.target',
  'local-fs.target',
  'network-online.target',
  'systemd-remount-fs.service',
  '-.mount',
  'usr.mount',
  'var.mount',
  'var-lib.mount',
  'var-lib-uvs\\x2dagent.mount',
  '-.slice',
  'system.slice',
];

/**
 * The units by which recovery and the agent start: their files, and all by which another file changes them, namely drop-ins for them, for all units of a type or
 * of a prefix, second names, links from other units, and the settings of the service manager. What is in a unit's file is not judged. Paths are relative to the root.
 */
export class RecoveryUnits {
  /** Names in a unit directory that nothing may have. */
  readonly #names: Set<string>;
  /** Symlinks by which such names lead elsewhere on this node, and where they end. */
  readonly #links = new Set<string>();
  readonly #ends = new Set<string>();
  readonly #systemd: readonly string[];
  readonly #directories: readonly string[];
  readonly #above: ReadonlySet<string>;

  /** @param root real path of the root */
  constructor(root: string) {
    this.#names = new Set([...NEEDED, ...[...NEEDED, ...OWN_EXAMPLES].flatMap(dropInsOf)]);
    this.#systemd = this.#wherever(root, SYSTEMD_DIRECTORIES);
    this.#directories = this.#wherever(root, UNIT_DIRECTORIES);
    this.#above = directoriesAbove(this.#directories.map((directory) => `${directory}/unit`));
    for (const directory of this.#directories) {
      for (const name of linksIn(join(root, directory))) this.#follow(root, directory, name);
    }
  }

  /** Some directories by all their names, as symlinks have it. */
  #wherever(root: string, directories: readonly string[]): readonly string[] {
    const ends = directories.flatMap((directory) => {
      const { links, end } = wayOf(root, directory);
      for (const link of links) this.#links.add(link);
      return end === undefined ? [] : [end];
    });
    return [...new Set([...directories, ...ends])];
  }

  /** Where one unit has two names the drop-ins of both count for it, systemd.unit(5). */
  #follow(root: string, directory: string, name: string): void {
    const { links, end } = wayOf(root, `${directory}/${name}`);
    const other = end === undefined || end === MASK ? [] : [basename(end)];
    if (![name, ...other].some((one) => this.#isNeeded(one))) return;
    for (const link of links) this.#links.add(link);
    if (end !== undefined) this.#ends.add(end);
    for (const one of [name, ...other].flatMap((each) => [each, ...dropInsOf(each)])) this.#names.add(one);
  }

  /** Says why something may not happen to a path, as the end of a sentence; undefined: it may. */
  touchedBy(path: string, touch: Touch): string | undefined {
    const isPutInPlace = touch.op === 'put' && touch.type !== 'directory';
    if (isPutInPlace && this.#above.has(path)) return 'units are looked for below it, those of the agent among them';
    if (this.#links.has(path) || [...this.#ends].some((end) => path === end || path.startsWith(`${end}/`))) {
      return 'a unit by which the agent starts is there by a symlink';
    }
    const at = this.#systemd.find((directory) => path.startsWith(`${directory}/`));
    if (at !== undefined && MANAGER.test(path.slice(at.length + 1))) return 'it rules how all units start, those of the agent among them';
    const directory = this.#directories.find((one) => path.startsWith(`${one}/`));
    if (directory === undefined) return undefined;
    const [name = '', inside = ''] = path.slice(directory.length + 1).split('/');
    if (OWN.test(name) || OWN.test(inside)) return 'it starts the agent, and recovery at boot';
    if (this.#names.has(name)) return 'it changes a unit by which the agent starts, and recovery at boot';
    if (isPutInPlace && touch.type === 'symlink' && this.#isNeeded(basename(touch.link)))
      return 'it is another name for a unit by which the agent starts, and recovery at boot';
    return undefined;
  }

  #isNeeded(name: string): boolean {
    return OWN.test(name) || this.#names.has(name);
  }
}

/** Directories with drop-ins for a unit: of all of its type, of each prefix that ends in a dash, and its own. */
function dropInsOf(unit: string): readonly string[] {
  const dot = unit.lastIndexOf('.');
  if (dot === -1) return [];
  const [name, type] = [unit.slice(0, dot), unit.slice(dot + 1)];
  const prefixes = [...name.matchAll(/-/g)].map(({ index }) => `${name.slice(0, index + 1)}.${type}`);
  return [type, ...prefixes, unit].map((each) => `${each}.d`);
}

function linksIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => (entry.isSymbolicLink() ? [entry.name] : []));
  } catch {
    return [];
  }
}
