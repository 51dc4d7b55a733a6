import { constants } from 'node:fs';
import { lstat, readFile, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory, writeFileAtomically } from '../../common/atomic-file.ts';
import { renameSync, symlinkSync, unlinkIfThere } from '../files/disk.ts';
import { isErrno } from '../files/errno.ts';
import { openToRead, readTextIfThere } from '../files/reading.ts';
import { remember, type Before, type StoredBefore } from './before.ts';
import type { KeptSetting } from './ports.ts';

const ZONES = '/usr/share/zoneinfo';
const LOCALTIME = '/etc/localtime';
/** Debian's, which some programs read; kept only where it is there. */
const TIMEZONE = '/etc/timezone';

type Localtime = NonNullable<Before['timeZone']>['localtime'];

/** Keeps the time zone by the symlink that everything reads (localtime(5)); the clock itself is never set. */
export class TimeZone {
  readonly #root: string;
  readonly #before: StoredBefore;

  constructor(root: string, before: StoredBefore) {
    this.#root = root;
    this.#before = before;
  }

  /** @param zone undefined: the node is to have what it had before */
  async keep(zone: string | undefined): Promise<readonly KeptSetting[]> {
    const remembered = (await this.#before.read())?.timeZone;
    if (zone === undefined) {
      if (remembered !== undefined) await this.#putBack(remembered);
      return [];
    }
    const row = { name: 'time-zone', value: zone };
    if (!(await this.#isZone(zone)))
      return [
        { ...row, state: 'refused', message: `there is no time zone ${zone} in ${ZONES} here (the package tzdata has them)`, mended: [] },
      ];
    const [localtime, timezone] = [await this.#localtime(), await readTextIfThere(this.#at(TIMEZONE))];
    const differing = [
      ...(isLinkTo(localtime, zone) ? [] : [LOCALTIME]),
      ...(timezone === undefined || timezone.trim() === zone ? [] : [TIMEZONE]),
    ];
    const was =
      remembered === undefined
        ? { localtime, timezone: timezone ?? null }
        : { localtime: remembered.localtime, timezone: remembered.timezone };
    const isSet = remembered?.set === zone && remembered.replaced === undefined;
    if (remembered?.set !== zone) {
      // of what a purge has taken the agent's file away
      const replaced = remembered?.set === '' ? remembered.replaced : remembered?.set;
      await remember(this.#before, { timeZone: { ...was, set: zone, replaced: replaced ?? '' } });
    }
    if (differing.includes(LOCALTIME)) await this.#link(join('..', ZONES, zone));
    if (differing.includes(TIMEZONE)) await writeFileAtomically(this.#at(TIMEZONE), `${zone}\n`, 0o644);
    if (!isSet) await remember(this.#before, { timeZone: { ...was, set: zone } });
    return [{ ...row, state: 'in-force', message: '', mended: isSet ? differing : [] }];
  }

  /** What is no longer as it was set is an administrator's since the last look, and stays. */
  async #putBack({ set, replaced, localtime, timezone }: NonNullable<Before['timeZone']>): Promise<void> {
    // after a purge nothing is set
    const ours = [set, replaced ?? ''].filter((zone) => zone !== '');
    const [localtimeNow, timezoneNow] = [await this.#localtime(), await readTextIfThere(this.#at(TIMEZONE))];
    if (ours.some((zone) => isLinkTo(localtimeNow, zone))) await this.#putBackLocaltime(localtime);
    if (timezone !== null && ours.includes(timezoneNow?.trim() ?? '')) await writeFileAtomically(this.#at(TIMEZONE), timezone, 0o644);
    await remember(this.#before, { timeZone: undefined });
  }

  async #putBackLocaltime(localtime: Localtime): Promise<void> {
    const path = this.#at(LOCALTIME);
    if (localtime === null) await unlinkIfThere(path);
    else if ('link' in localtime) await this.#link(localtime.link);
    else await writeFileAtomically(path, Buffer.from(localtime.file, 'base64'), 0o644);
    await syncDirectory(dirname(path));
  }

  /** One rename: whoever looks finds the old link or the new one. */
  async #link(target: string): Promise<void> {
    const path = this.#at(LOCALTIME);
    const beside = join(dirname(path), '.localtime.uvs');
    await unlinkIfThere(beside);
    symlinkSync(target, beside);
    renameSync(beside, path);
    await syncDirectory(dirname(path));
  }

  async #localtime(): Promise<Localtime> {
    const path = this.#at(LOCALTIME);
    try {
      const isLink = (await lstat(path)).isSymbolicLink();
      return isLink ? { link: await readlink(path) } : { file: (await readFile(path)).toString('base64') };
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return null;
      throw error;
    }
  }

  /** By what tzfile(5) begins with: a directory of zones is none. */
  async #isZone(zone: string): Promise<boolean> {
    try {
      return (await firstBytes(this.#at(join(ZONES, zone)), 4)).toString('latin1') === 'TZif';
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'ENXIO', 'ELOOP')) return false;
      throw error;
    }
  }

  #at(path: string): string {
    return join(this.#root, path);
  }
}

/** Of a file; whatever else is there has none, and nobody waits for it. */
async function firstBytes(path: string, length: number): Promise<Buffer> {
  await using file = await openToRead(path, constants.O_NONBLOCK);
  if (!(await file.stat()).isFile()) return Buffer.alloc(0);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
  return buffer.subarray(0, bytesRead);
}

function isLinkTo(localtime: Localtime, zone: string): boolean {
  return (
    localtime !== null &&
    'link' in localtime &&
    join('/etc', localtime.link.startsWith('/') ? join('..', localtime.link) : localtime.link) === join(ZONES, zone)
  );
}
