#!/usr/bin/env bash
# Builds uvs_VERSION_ARCH.deb from dist/uvs into dist/ (or $OUT): the programs, their runtime, units, examples, documentation. The same
# sources give the same bytes. ARCH is this machine's, or $ARCH (amd64 | arm64); $COMPRESSION are options of dpkg-deb.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022
out=${OUT:-dist}
compression=${COMPRESSION:--Zzstd -z10 --threads-max=1}
# All times in the package: a fixed one, since the time of building is no part of the sources.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1577836800}

arch=${ARCH:-$(dpkg --print-architecture)}
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
doc=$tree/usr/share/doc/uvs
install -d "$tree"/{DEBIAN,etc/uvs,usr/bin,usr/lib/uvs,usr/lib/systemd/system,usr/lib/sysusers.d,usr/lib/tmpfiles.d} "$doc"/{docs,examples}
cp -r dist/uvs/{bin,lib,proto,vendor,package.json} "$tree/usr/lib/uvs/"
# The agent is apart from the rest: releases bring others, and what they need to fall back is in no release.
rm "$tree"/usr/lib/uvs/bin/uvs-agent "$tree"/usr/lib/uvs/lib/uvs-agent.js*
bash packaging/agent-tree.sh "$tree" deb-
cp packaging/launch-agent "$tree/usr/lib/uvs/launch-agent"
ln -s ../lib/uvs/launch-agent "$tree/usr/bin/uvs-agent"
for program in uvs-coordinator uvsctl upd; do ln -s "../lib/uvs/bin/$program" "$tree/usr/bin/$program"; done
cp systemd/*.service "$tree/usr/lib/systemd/system/"
cp systemd/uvs.sysusers "$tree/usr/lib/sysusers.d/uvs.conf"
cp systemd/uvs.tmpfiles "$tree/usr/lib/tmpfiles.d/uvs.conf"
cp packaging/*.example.toml "$doc/examples/"
cp README.md CHANGELOG.md "$doc/"
cp docs/*.md "$doc/docs/"
{
  printf 'UVS is licensed under the Apache License 2.0, found in /usr/share/common-licenses/Apache-2.0.\n'
  printf 'The licences of what is bundled with it are in *.LEGAL.txt in /usr/lib/uvs/lib and /usr/lib/uvs/agent/*/lib, and in /usr/lib/uvs/runtime/*/LICENSE.\n'
} > "$doc/copyright"
cp packaging/debian/{preinst,postinst,prerm,postrm} "$tree/DEBIAN/"

cat > "$tree/DEBIAN/control" <<CONTROL
Package: uvs
Version: $version
Architecture: $arch
Maintainer: UVS maintainers <maintainers@uvs.invalid>
Section: admin
Priority: optional
Depends: libc6, libgcc-s1, libstdc++6, systemd, attr, e2fsprogs, util-linux
Suggests: ceph-common, etcd-server
Installed-Size: $(find "$tree" -path "$tree/DEBIAN" -prune -o -type f -printf '%s\n' | awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')
Description: rolling updates for Ceph clusters of small servers
 The agent (uvs-agent), the coordinator (uvs-coordinator) and the command
 lines (uvsctl, upd), with the runtime that they need. No unit is enabled:
 a machine becomes a node by uvs-agent join, a coordinator by
 uvs-coordinator init.
CONTROL

find "$tree" -type d -exec chmod 755 {} +
find "$tree" -type f -exec chmod 644 {} +
chmod 755 "$tree"/DEBIAN/p* "$tree"/usr/lib/uvs/bin/* "$tree/usr/lib/uvs/launch-agent" "$tree"/usr/lib/uvs/runtime/*/node
find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
mkdir -p "$out"
# shellcheck disable=SC2086
dpkg-deb --root-owner-group $compression --build "$tree" "$out/uvs_${version}_$arch.deb"
