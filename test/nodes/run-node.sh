#!/usr/bin/env bash
# Looks after one booted node; runs in a mount and a network namespace of its own, which the kernel clears away with it.
# Boots the node at each line "boot", boots it again whenever it has rebooted, and ends with all of it when its standard input does:
# also where whoever started it was killed.
# usage: run-node.sh NAME DIRECTORY BASE [ARGUMENT OF systemd-nspawn …]
set -u
name=$1 directory=$2 base=$3
shift 3
# nspawn's own notion of /payload is below the control group that it is started in: one for each node, in each hierarchy
groups=()
while IFS=: read -r _ controllers path; do
  case $controllers in
  '') root=/sys/fs/cgroup/unified && [ -d $root ] || root=/sys/fs/cgroup ;;
  name=systemd) root=/sys/fs/cgroup/systemd ;;
  *) root=/sys/fs/cgroup/$controllers ;;
  esac
  [ -d "$root${path%/}" ] || continue
  group=$root${path%/}/uvs-$$
  mkdir "$group" || continue
  for file in cpuset.cpus cpuset.mems; do
    [ -e "$group/$file" ] && cat "${group%/*}/$file" >"$group/$file" 2>/dev/null
  done
  groups+=("$group")
done </proc/self/cgroup
for group in "${groups[@]}"; do echo $$ >"$group/cgroup.procs"; done

mkdir -p "$directory"/{upper,work,root}
mount -t overlay overlay -o "lowerdir=$base,upperdir=$directory/upper,workdir=$directory/work" "$directory/root" || exit 1

alive() {
  while :; do
    # never killed itself: it would leave the node running
    systemd-nspawn --quiet --directory="$directory/root" --machine="$name" --hostname="$name" --register=no --keep-unit \
      --network-namespace-path="/proc/$$/ns/net" --console=pipe --kill-signal=SIGRTMIN+3 --capability=CAP_NET_ADMIN \
      --resolv-conf=off --timezone=off --link-journal=no "$@" /usr/local/sbin/init-node </dev/null &
    echo $! >"$directory/nspawn"
    wait $!
    # what a reboot leaves with
    [ $? = 133 ] || break
  done
  rm -f "$directory/nspawn"
}

running=
while read -r word; do
  [ "$word" = boot ] || continue
  [ -n "$running" ] && wait "$running"
  alive "$@" &
  running=$!
done

# all but this process and nspawn, which ends by itself once the node is dead
for _ in $(seq 100); do
  nspawn=$(cat "$directory/nspawn" 2>/dev/null) || break
  pgrep -P "$nspawn" | xargs -r kill -KILL 2>/dev/null
  sleep 0.1
done
for group in "${groups[@]}"; do
  echo $$ >"${group%/*}/cgroup.procs"
  find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
done
exit 0
