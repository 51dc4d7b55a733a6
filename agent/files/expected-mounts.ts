import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unescapeOctal } from './mount-table.ts';
import { readLinkIfThere } from './reading.ts';

/** A file system that the node means to have mounted. */
export interface ExpectedMount {
  /** Mount point, relative to the root. */
  readonly at: string;
  /** Whether the boot goes on without it: recovery could not count on what is kept there. */
  readonly isOptional: boolean;
  /** File that says so, relative to the root. */
  readonly from: string;
}

const UNIT_DIRECTORIES = ['etc/systemd/system', 'run/systemd/system'];

/** Reads what a root's fstab(5) and its own .mount units expect; units of the distribution count where they are enabled. */
export function readExpectedMounts(root: string): readonly ExpectedMount[] {
  return [...fromFstab(readIfThere(join(root, 'etc/fstab')) ?? ''), ...UNIT_DIRECTORIES.flatMap((directory) => fromUnits(root, directory))];
}

function fromFstab(text: string): readonly ExpectedMount[] {
  return text.split('\n').flatMap((line) => {
    const [source = '', point = '', type = '', options = ''] = line.trim().split(/\s+/);
    if (source.startsWith('#') || !point.startsWith('/') || point === '/' || type === 'swap') return [];
    return [{ at: relative(unescapeOctal(point)), isOptional: isOptional(options), from: 'etc/fstab' }];
  });
}

function fromUnits(root: string, directory: string): readonly ExpectedMount[] {
  const found: ExpectedMount[] = [];
  for (const entry of readDirectory(join(root, directory))) {
    const path = `${directory}/${entry}`;
    if (entry.endsWith('.mount')) found.push(...fromUnit(root, path));
    if (!/\.(?:wants|requires)$/.test(entry)) continue;
    for (const unit of readDirectory(join(root, path))) if (unit.endsWith('.mount')) found.push(...fromUnit(root, `${path}/${unit}`));
  }
  return found;
}

/** Links to a unit are absolute, as systemctl makes them, and lead from the root that they are in. */
function fromUnit(root: string, path: string): readonly ExpectedMount[] {
  const target = readLinkIfThere(join(root, path));
  if (target === '/dev/null') return [];
  const text = readIfThere(join(root, target?.startsWith('/') === true ? target : path)) ?? '';
  const point = /^Where\s*=\s*(\/\S*)\s*$/m.exec(text)?.[1];
  if (point === undefined || point === '/') return [];
  const options = /^Options\s*=\s*(.*)$/m.exec(text)?.[1] ?? '';
  return [{ at: relative(point), isOptional: isOptional(options), from: path }];
}

function isOptional(options: string): boolean {
  return options.split(',').some((option) => ['nofail', 'noauto', '_netdev'].includes(option.trim()));
}

function relative(point: string): string {
  return point.replace(/\/+/g, '/').replace(/^\/|\/$/g, '');
}

function readDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
