/** The extended attribute that holds the capabilities of a program, capabilities(7). */
export const CAPABILITIES = 'security.capability';

const SETUID = 0o4000;
const SETGID = 0o2000;

/** Says by what a file gives more rights to whoever runs it, e.g. "setuid, with capabilities"; undefined: by nothing. */
export function rightsOf(mode: number, hasCapabilities: boolean): string | undefined {
  const rights = [
    ...((mode & SETUID) === 0 ? [] : ['setuid']),
    ...((mode & SETGID) === 0 ? [] : ['setgid']),
    ...(hasCapabilities ? ['with capabilities'] : []),
  ];
  return rights.length === 0 ? undefined : rights.join(', ');
}
