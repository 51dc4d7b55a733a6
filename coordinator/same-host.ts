/** Whether two names are of the same machine: case is of no account, and a short name is that of any whole one which begins with it. */
export function isSameHost(left: string, right: string): boolean {
  const [one, other] = [left.toLowerCase(), right.toLowerCase()];
  return one === other || other.startsWith(`${one}.`) || one.startsWith(`${other}.`);
}

/**
 * Whether a node's name is that of a machine which knows itself by its own: the whole name or the short one. Not so a longer one that begins with
 * it: a node says what it is called, and could call itself mon1.elsewhere to be taken for mon1.
 */
export function isCalled(hostname: string, machine: string): boolean {
  const [one, other] = [hostname.toLowerCase(), machine.toLowerCase()];
  return one === other || one === shortName(other);
}

/** The part of a host's name before its domain. */
export function shortName(host: string): string {
  return host.split('.', 1)[0] ?? host;
}
