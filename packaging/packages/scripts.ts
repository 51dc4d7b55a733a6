import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from './sources.ts';

/** When a package manager runs a script of a package. */
type Moment = 'before-install' | 'after-install' | 'before-remove' | 'after-remove';
type Format = 'deb' | 'rpm';

/**
 * What leads from a package manager's own arguments to the scripts in packaging/scripts, which are the same for both. They run at an installation and at an upgrade alike, or
 * at a removal; the last finds in `what` whether it is a `purge`. A .rpm knows no other removal than one.
 */
const introductions: Readonly<Record<Moment, Readonly<Record<Format, string>>>> = {
  'before-install': { deb: 'case $1 in install | upgrade) ;; *) exit 0 ;; esac', rpm: '' },
  'after-install': { deb: '[ "$1" = configure ] || exit 0', rpm: '' },
  'before-remove': { deb: '[ "$1" = remove ] || exit 0', rpm: '[ "$1" = 0 ] || exit 0' },
  'after-remove': { deb: 'case $1 in remove | purge) what=$1 ;; *) exit 0 ;; esac', rpm: '[ "$1" = 0 ] || exit 0\nwhat=purge' },
};

/** Names of the scripts in each format. */
export const scriptNames: Readonly<Record<Moment, Readonly<Record<Format, string>>>> = {
  'before-install': { deb: 'preinst', rpm: 'pre' },
  'after-install': { deb: 'postinst', rpm: 'post' },
  'before-remove': { deb: 'prerm', rpm: 'preun' },
  'after-remove': { deb: 'postrm', rpm: 'postun' },
};

/** The scripts of a package as the format has them, by the names that it has for them. */
export function scriptsOf(packageName: string, format: Format): ReadonlyMap<string, string> {
  const moments: readonly Moment[] = ['before-install', 'after-install', 'before-remove', 'after-remove'];
  const found = moments.flatMap((moment): readonly (readonly [string, string])[] => {
    const path = join(project, 'packaging/scripts', packageName, moment);
    if (!existsSync(path)) return [];
    const lines = ['set -e', introductions[moment][format], readFileSync(path, 'utf8').trimEnd()];
    return [[scriptNames[moment][format], `${lines.filter((line) => line !== '').join('\n')}\n`]];
  });
  return new Map(found);
}
