#!/usr/bin/env bash
# Installs the programs that the demo and the tests run, or those given as program:Debian-package: by apt where there is one, else names what is
# missing.
set -euo pipefail

# program:Debian package
wanted=(faketime:faketime etcd:etcd-server etcdctl:etcd-client systemd-notify:systemd setpriv:util-linux losetup:mount sfdisk:fdisk setcap:libcap2-bin ip:iproute2 promtool:prometheus zstd:zstd openssl:openssl dpkg-deb:dpkg
  getfattr:attr setfacl:acl lsattr:e2fsprogs mkfs.ext4:e2fsprogs mkfs.xfs:xfsprogs mkfs.btrfs:btrfs-progs mkfs.exfat:exfatprogs mount.exfat-fuse:exfat-fuse rpm:rpm lintian:lintian mandoc:mandoc
  systemd-nspawn:systemd-container dbus-daemon:dbus pgrep:procps flock:util-linux
  ceph:ceph-common monmaptool:ceph-base ceph-mon:ceph-mon ceph-mgr:ceph-mgr ceph-osd:ceph-osd ceph-mds:ceph-mds)
[ $# -eq 0 ] || wanted=("$@")

missing=()
packages=()
for entry in "${wanted[@]}"; do
  if ! command -v "${entry%%:*}" >/dev/null 2>&1; then
    missing+=("${entry%%:*}")
    packages+=("${entry##*:}")
  fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "missing programs: ${missing[*]}" >&2
  echo "there is no apt-get here: install them with your package manager (Debian calls the packages: ${packages[*]})," >&2
  echo "or name the folders that hold them, as in: PATH=/opt/${missing[0]}/bin:\$PATH make deps" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "missing programs: ${missing[*]}; run as root once, or: apt-get install ${packages[*]}" >&2
  exit 1
fi
echo "installing ${packages[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=400 update
apt-get -qq -y -o DPkg::Lock::Timeout=400 --no-install-recommends install "${packages[@]}" >/dev/null
