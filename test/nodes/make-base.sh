#!/usr/bin/env bash
# Makes the folder that all booted nodes share below their own changes: systemd and what it needs, copied from this machine's Debian packages.
# Copied, because a bootstrap from the archive takes minutes of unpacking and scripts; this takes seconds, and no network.
# usage: make-base.sh DIRECTORY
set -euo pipefail
base=$1
wanted=(systemd systemd-sysv dbus dash bash coreutils util-linux mount login passwd findutils grep sed mawk tar gzip diffutils hostname
  iproute2 procps libstdc++6 base-files base-passwd init-system-helpers e2fsprogs attr dpkg libc-bin rpm tzdata systemd-timesyncd
  libedit2 libgnutls30 libseccomp2) # by which a test can run chrony

mkdir -p "$(dirname "$base")"
exec 9>"$base.lock"
flock 9
[ -e "$base" ] && exit 0
new=$base.new
rm -rf "$new"
mkdir -p "$new"

apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "${wanted[@]}" |
  grep '^[a-z]' | sort -u >"$new.packages"
# Packages name /bin/sh where the file is /usr/bin/sh; files that an administrator has left out are not there to be copied.
{ xargs dpkg-query -L <"$new.packages" 2>/dev/null || true; } | grep '^/.' | sed -E 's#^/(bin|sbin|lib|lib64)/#/usr/\1/#' |
  grep -Ev '^/usr/share/(doc|man|locale|info|lintian|bug)|^/(dev|proc|sys|run|tmp|root|home|var/log)(/|$)' | sort -u |
  while read -r path; do if [ -e "$path" ] || [ -L "$path" ]; then printf '%s\n' "$path"; fi; done >"$new.files"
tar -C / --no-recursion -cf - -T "$new.files" 2>/dev/null | tar -C "$new" -xpf -

cd "$new"
# what dpkg knows of them, so that packages are installed for their dependencies' sake as on any machine
mkdir -p var/lib/dpkg/{info,updates,triggers,alternatives}
xargs dpkg-query -s <"$new.packages" >var/lib/dpkg/status 2>/dev/null || true
: >var/lib/dpkg/available
cp /var/lib/dpkg/info/format var/lib/dpkg/info/
while read -r package; do
  cp -p "/var/lib/dpkg/info/${package%%:*}"{,:"$(dpkg --print-architecture)"}.{list,md5sums} var/lib/dpkg/info/ 2>/dev/null || true
done <"$new.packages"
rm -f "$new.packages" "$new.files"
mkdir -p -m 755 dev proc sys run root home var/log etc
mkdir -p -m 1777 tmp
# alternatives and what installation scripts have made; no unit is enabled here, whatever this machine has enabled
cp -a /etc/alternatives /etc/ld.so.cache /etc/passwd /etc/group /etc/nsswitch.conf /etc/pam.d etc/
ln -sfn dash usr/bin/sh
ln -sfn mawk usr/bin/awk
find etc -path 'etc/systemd/system/*' -delete
sed -i 's/^root:[^:]*:/root:*:/' etc/passwd
: >etc/machine-id
rm -f etc/localtime etc/resolv.conf
# nothing of this has a place in a node that lives for seconds
for unit in getty.target systemd-networkd.service systemd-resolved.service systemd-timesyncd.service systemd-udevd.service systemd-logind.service \
  systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udev-trigger.service e2scrub_reap.service systemd-network-generator.service \
  dev-hugepages.mount apt-daily.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer logrotate.timer motd-news.timer; do
  ln -sfn /dev/null "etc/systemd/system/$unit"
done
ln -sfn /usr/lib/systemd/system/multi-user.target etc/systemd/system/default.target
cd /
mv "$new" "$base"
