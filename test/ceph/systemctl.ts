import type { MiniCeph } from './mini-ceph.ts';

/** Called before a daemon is restarted; resolves when it may be. */
export type OnRestart = (name: string) => Promise<void>;

/** Answers as systemctl(1) would on a host with these daemons, for the commands with which an agent finds and restarts units. */
export async function systemctl(ceph: MiniCeph, names: readonly string[], args: readonly string[], onRestart: OnRestart): Promise<string> {
  const [verb = ''] = args;
  const unit = args.at(-1) ?? '';
  switch (verb) {
    case 'list-units':
      return names
        .map(unitOf)
        .filter((each) => globOf(unit).test(each))
        .map((each) => `${each} loaded active running\n`)
        .join('');
    case 'show':
      return shown(ceph, daemonOf(names, unit));
    case 'reset-failed':
      return '';
    case 'start':
      // stop() and startDaemon() are about one that is down, too
      if (ceph.pidOf(daemonOf(names, unit)) === undefined) ceph.startDaemon(daemonOf(names, unit));
      return '';
    case 'restart': {
      const name = daemonOf(names, unit);
      await onRestart(name);
      // in the end systemd kills what does not end by itself, as a daemon that hangs
      await ceph.stop(name, 'SIGKILL');
      ceph.startDaemon(name);
      return '';
    }
    default:
      throw new Error(`nobody has said what systemctl ${args.join(' ')} is to do`);
  }
}

function shown(ceph: MiniCeph, name: string): string {
  const pid = ceph.pidOf(name);
  return `ActiveState=${pid === undefined ? 'failed' : 'active'}\nInvocationID=${pid ?? ''}\nActiveEnterTimestampMonotonic=1\n`;
}

/** "ceph-mgr@x.service" of "mgr.x" */
function unitOf(name: string): string {
  return `ceph-${name.replace('.', '@')}.service`;
}

function daemonOf(names: readonly string[], unit: string): string {
  const name = names.find((each) => unitOf(each) === unit);
  if (name === undefined) throw new Error(`there is no unit ${unit}`);
  return name;
}

function globOf(pattern: string): RegExp {
  const pieces = pattern.split('*').map((piece) => piece.replaceAll('.', String.raw`\.`));
  return new RegExp(`^${pieces.join('.*')}$`);
}
