/** The unit that a process is in, by /proc/PID/cgroup: that of systemd's own hierarchy, the innermost service or scope. */
export function innermostUnit(cgroups: string): string | undefined {
  const path = /^(?:0::|[0-9]+:name=systemd:)(.*)$/m.exec(cgroups)?.[1] ?? '';
  return path.split('/').findLast((part) => /\.(?:service|scope)$/.test(part));
}
