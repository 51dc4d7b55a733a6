/**
 * Where the agent finds the programs that it runs, whatever the environment says of it: a daemon of root's must not run what somebody, or a release, has put
 * before them, as /usr/local/sbin is by systemd's default, systemd.exec(5). The launcher has the same.
 */
export const PROGRAM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
