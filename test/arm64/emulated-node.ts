import { accessSync, chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runtimeFolder } from '../../packaging/packages/runtime.ts';
import { project } from '../../packaging/packages/sources.ts';

/** Of Debian's qemu-user-static and libstdc++6-arm64-cross. */
const EMULATOR = 'qemu-aarch64-static';
const LIBRARIES = '/usr/aarch64-linux-gnu';
/** As microservers have it. The one that the emulator has by itself signs each return address, which takes a tenth to a quarter longer. */
const PROCESSOR = 'cortex-a53';

/**
 * What has all Nodes that a program starts run on arm64, one instruction after the other by an emulator, where this machine is of another kind. Nobody
 * has to teach the kernel to start such programs, which would be so for the whole machine: a script stands in the program's place.
 * @throws Error where the emulator or its libraries are missing
 */
export function emulatedNode(): Readonly<Record<string, string>> {
  if (process.arch === 'arm64') return {};
  for (const needed of [`/usr/bin/${EMULATOR}`, join(LIBRARIES, 'lib/libstdc++.so.6')]) accessSync(needed);
  const folder = join(project, 'dist/arm64');
  const node = join(folder, 'node');
  mkdirSync(folder, { recursive: true });
  writeFileSync(node, `#!/bin/sh\nexec ${EMULATOR} -cpu ${PROCESSOR} -L ${LIBRARIES} ${join(runtimeFolder('arm64'), 'bin/node')} "$@"\n`);
  chmodSync(node, 0o755);
  return {
    PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
    UVS_EMULATED_NODE: node,
    NODE_OPTIONS: `--import=${join(project, 'test/arm64/started-by.ts')}`,
    // esbuild is no Node, and there is but this machine's
    ESBUILD_BINARY_PATH: join(project, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`),
  };
}
