import { writeScript } from '../support/sandbox-cluster.ts';
import { NAMESPACES, NOT_IN_A_NODE } from './booted-node.ts';

/** Writes a script that enters a booted node, or runs a command there, with what a process of the node's own may do. @param directory of the test bed */
export function writeEnterScript(path: string, directory: string): string {
  return writeScript(
    path,
    `#!/bin/sh
# Enters a node, with a shell or for one command. usage: enter NODE [COMMAND ARGUMENT ...]
name=\${1:?which node?}
shift
nspawn=$(cat "${directory}/$name/nspawn" 2>/dev/null) || { echo "there is no node $name, or it is down" >&2; exit 1; }
leader=
for pid in $(pgrep -P "$nspawn"); do grep -qE '^NSpid:.*[[:space:]]1$' "/proc/$pid/status" && leader=$pid; done
[ -n "$leader" ] || { echo "node $name is not up yet" >&2; exit 1; }
[ $# -gt 0 ] || set -- bash
exec nsenter -t "$leader" ${NAMESPACES.join(' ')} setpriv --bounding-set=${NOT_IN_A_NODE} --inh-caps=-all \\
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root LANG=C.UTF-8 TERM="\${TERM:-dumb}" "$@"
`,
  );
}
