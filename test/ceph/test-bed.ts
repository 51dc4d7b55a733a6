import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const PROGRAMS = ['ceph', 'ceph-mon', 'ceph-mgr', 'ceph-osd', 'ceph-mds', 'monmaptool', 'rados', 'setpriv'];

/** Says what a test with a real Ceph lacks here; false: nothing. For `skip`, which counts as a failure where CI=true. */
export function missingCeph(): string | false {
  const missing = PROGRAMS.filter((program) => !isOnPath(program));
  return missing.length === 0 ? false : `not installed here: ${missing.join(', ')} ("make deps" does it)`;
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The capabilities that docs/ceph.md tells operators to give the key of the gate, for a release of Ceph: the tests run with no others. */
export function documentedCaps(release: '12.2' | 'newer' = 'newer'): Readonly<Record<string, string>> {
  const text = readFileSync(new URL('../../docs/ceph.md', import.meta.url), 'utf8');
  const command = /ceph auth get-or-create client\.uvs \\\n(?<caps>(?:.*\\\n)+)/.exec(text)?.groups?.['caps'];
  const found = [...(command ?? '').matchAll(/^ *(?<service>mon|mgr|osd|mds) '(?<cap>[^']+)'/gm)];
  if (found.length === 0) throw new Error('docs/ceph.md names no capabilities');
  const more = /there the `mon` part ends with `(?<more>[^`]+)`/.exec(text)?.groups?.['more'];
  if (more === undefined) throw new Error('docs/ceph.md names no capabilities for 12.2');
  const caps = found.map(({ groups }) => [groups?.['service'] ?? '', groups?.['cap'] ?? ''] as const);
  return Object.fromEntries(caps.map(([service, cap]) => [service, service === 'mon' && release === '12.2' ? cap + more : cap]));
}
