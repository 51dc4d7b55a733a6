import { lstat, realpath, statfs } from 'node:fs/promises';
import { UvsError } from '../../../common/errors.ts';
import { whyKeptInPlace } from '../../../common/kept-in-place.ts';
import { isDirectoryName } from '../../../common/migration.ts';
import { lookWith } from '../../os/look-with.ts';
import type { When } from './namespaces.ts';
import { mountPoints, sizeOf } from './programs.ts';
import { isNameable } from './units.ts';
import { demandNone, writersBelow, type Writer } from './writers.ts';

export interface Movable {
  readonly mountPoint: string;
  /** The agent's own state. */
  readonly statePath: string;
  readonly directory: string;
  readonly units: readonly string[];
  /** Directories that were brought to the SSD, whether or not they are mounted from it now. */
  readonly others: readonly string[];
  readonly whyNotOwn: () => Promise<string>;
  /** Processes in other mount namespaces that would go on with the old one. */
  readonly whoSees: (directory: string, when: When) => Promise<readonly Writer[]>;
  readonly isLoaded: (unit: string) => Promise<boolean>;
  /** Of what an attempt that was cut has left, which goes before the next copy. */
  readonly leftovers: readonly string[];
}

/** Looks whether a directory can be brought to the SSD; stops and writes nothing. @throws UvsError NOT_ALLOWED_NOW, NOT_FOUND of a directory or a unit, with why it can't */
export async function demandMovable(wanted: Movable): Promise<void> {
  const { mountPoint, directory, units } = wanted;
  const name = whyNotByName(wanted);
  if (name !== undefined) throw refusal(wanted, name);
  const real = await realpath(directory).catch(() => undefined);
  if (real === undefined || !(await lstat(real)).isDirectory()) throw refusal(wanted, 'there is no such directory', 'NOT_FOUND');
  const why =
    (await whyNotWhereItIs(wanted, real)) ??
    (await whyNotByFlags(directory)) ??
    (await whyNotByRights(directory)) ??
    (await wanted.whyNotOwn());
  if (why !== '') throw refusal(wanted, why);
  for (const unit of units) if (!(await wanted.isLoaded(unit))) throw refusal(wanted, `there is no unit ${unit}`, 'NOT_FOUND');
  const isOther = ({ unit = '' }: Writer): boolean => unit.endsWith('.service') && !units.includes(unit);
  const writers = [...(await writersBelow(directory)), ...(await wanted.whoSees(directory, 'before'))];
  demandNone(directory, writers.filter(isOther));
  const needed = await sizeOf(directory);
  const { bavail, bsize } = await statfs(mountPoint);
  let free = bavail * bsize;
  for (const leftover of wanted.leftovers) free += await sizeOf(leftover);
  if (needed * 1.05 > free) throw refusal(wanted, `it takes ${needed} bytes, and ${mountPoint} has ${free} free`);
}

function refusal({ directory, mountPoint }: Movable, why: string, reason: 'NOT_ALLOWED_NOW' | 'NOT_FOUND' = 'NOT_ALLOWED_NOW'): UvsError {
  return new UvsError(reason, `${directory} can't be brought to ${mountPoint}: ${why}`, {
    hint: 'Nothing was stopped or changed. Mend that, or name another directory.',
  });
}

function whyNotByName({ directory, statePath, others }: Movable): string | undefined {
  if (!isDirectoryName(directory)) return 'that is no whole, plain path of at most 200 characters';
  const why = whyKeptInPlace(directory);
  if (why !== undefined) return why;
  if (!isNameable(directory)) return 'its name is too long for a unit of systemd';
  const isAgents = `${statePath}/`.startsWith(`${directory}/`) || directory.startsWith(`${statePath}/`);
  if (isAgents) return 'the agent keeps its own state there';
  // the copy of the one would be made over the copy of the other, which may be all that there is of it
  const other = others.find((one) => one.startsWith(`${directory}/`) || directory.startsWith(`${one}/`));
  return other === undefined ? undefined : `${other} was brought to the SSD, and one of the two is below the other`;
}

async function whyNotWhereItIs({ directory, mountPoint }: Movable, real: string): Promise<string | undefined> {
  if (real !== directory) return `it is a symlink, or below one: name ${real}`;
  const points = await mountPoints();
  if (!points.includes(mountPoint)) return `${mountPoint} is not mounted: see uvs-agent m2 show`;
  const inside = points.find((point) => point === directory || point.startsWith(`${directory}/`));
  if (inside !== undefined) return `something is mounted on ${inside}`;
  return (await lstat(directory)).dev === (await lstat(mountPoint)).dev ? 'it is on the SSD already' : undefined;
}

/** Flags of chattr(1) are not copied by cp(1), and keep the old one from being removed. A file system without flags says so of each path, on the other output. */
async function whyNotByFlags(directory: string): Promise<string | undefined> {
  const { stdout } = await lookWith('lsattr', { args: ['-R', '-a', directory] });
  const flagged = /^[a-zA-Z-]*[ai][a-zA-Z-]*\s+(\/.*)$/m.exec(stdout)?.[1];
  return flagged === undefined ? undefined : `${flagged} is immutable, or may only be appended to: see lsattr(1), chattr(1)`;
}

/** /m2 is mounted without devices and without programs that run as somebody else (mount(8): nodev, nosuid): the copy would be true, and of no use. */
async function whyNotByRights(directory: string): Promise<string | undefined> {
  const special = ['(', '-type', 'b', '-o', '-type', 'c', '-o', '-type', 'f', '-perm', '/6000', ')'];
  const { stdout } = await lookWith('find', { args: [directory, '-xdev', ...special, '-print', '-quit'] });
  const capable = await lookWith('getfattr', { args: ['-R', '-P', '-h', '--absolute-names', '-m', '^security\\.capability$', directory] });
  const found = stdout.trim() || (/^# file: (.*)$/m.exec(capable.stdout)?.[1] ?? '');
  return found === ''
    ? undefined
    : `${found} is a device, or a program that runs as somebody else, which are of no use on /m2 (nodev, nosuid)`;
}
