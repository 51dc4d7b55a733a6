#!/usr/bin/env bash
# Makes a folder with the root of an arm64 machine: Debian, its kernel and systemd, from the archives that apt knows here. No arm64 program runs for it,
# so that this machine needs to know nothing of arm64: packages are unpacked, and what their scripts would have made is made here.
# usage: make-root.sh DIRECTORY
set -euo pipefail
root=$1
wanted=(linux-image-cloud-arm64 busybox-static systemd systemd-sysv dbus dash bash coreutils util-linux mount login passwd findutils grep sed mawk tar gzip
  diffutils hostname iproute2 procps libstdc++6 base-files base-passwd init-system-helpers e2fsprogs attr dpkg libc-bin tzdata)

packages=$(IFS=,; echo "${wanted[*]}")
mmdebstrap --quiet --arch=arm64 --variant=extract --include="$packages" --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --skip=cleanup/apt/cache \
  --dpkgopt='path-exclude=/usr/share/doc/*' "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root"

# what dpkg knows of them, so that packages are installed for their dependencies' sake as on any machine
info=$root/var/lib/dpkg/info
rm -rf "$root"/tmp/*
for package in "$root"/var/cache/apt/archives/*.deb; do
  name=$(dpkg-deb --show --showformat='${Package}' "$package")
  # as dpkg calls the files of a package that may be there for several architectures
  [ "$(dpkg-deb --field "$package" Multi-Arch)" = same ] && name=$name:arm64
  { dpkg-deb --field "$package" | sed '1a Status: install ok installed'; echo; } >>"$root/var/lib/dpkg/status"
  dpkg-deb --ctrl-tarfile "$package" | tar -xO ./md5sums >"$info/$name.md5sums"
  dpkg-deb --fsys-tarfile "$package" | tar -t | sed -e 's#^\./$#/.#' -e 's#^\./#/#' -e 's#/$##' >"$info/$name.list"
done
printf '1\n' >"$info/format"
rm -rf "$root"/var/cache/apt
# what is installed later is installed whole
rm -f "$root"/etc/dpkg/dpkg.cfg.d/99mmdebstrap

cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
cp "$root/usr/share/libc-bin/nsswitch.conf" "$root/etc/nsswitch.conf"
mkdir -p "$root/mnt"
ln -s mawk "$root/usr/bin/awk"
systemd-sysusers --root="$root"
: >"$root/etc/machine-id"
rm -f "$root/etc/hostname" "$root/etc/resolv.conf"
# nothing of this has a place in a machine that lives for minutes; udev alone would take one of them
for unit in getty.target systemd-timesyncd.service systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udev-trigger.service \
  systemd-logind.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount e2scrub_reap.service apt-daily.timer \
  dpkg-db-backup.timer fstrim.timer e2scrub_all.timer; do
  ln -sfn /dev/null "$root/etc/systemd/system/$unit"
done
ln -sfn /usr/lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
