/** Whether two names are of the same machine: case is of no account, and a short name is that of any whole one which begins with it. */
export function isSameHost(left: string, right: string): boolean {
  const [one, other] = [left.toLowerCase(), right.toLowerCase()];
  return one === other || other.startsWith(`${one}.`) || one.startsWith(`${other}.`);
}

/** The part of a host's name before its domain. */
export function shortName(host: string): string {
  return host.split('.', 1)[0] ?? host;
}
