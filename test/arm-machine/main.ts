/**
 * Makes what the test on emulated arm64 machines needs, and runs it where nothing but loopback is a network: `make test-arm`.
 * It fails where it can't run.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildPackages } from '../support/packages.ts';
import { makeImage } from './image.ts';
import { GATEWAY } from './network.ts';
import { PACKAGES } from './packages-folder.ts';

if (process.platform !== 'linux') throw new Error('emulated machines in a network of their own need Linux');
if (process.getuid?.() !== 0) throw new Error('emulated machines in a network of their own need root: run make test-arm as root');

const project = fileURLToPath(new URL('../..', import.meta.url));
console.log('an image of an arm64 machine is made once, which takes some minutes; then the test begins, without a word until it ends');
makeImage();
await buildPackages(PACKAGES, { names: ['uvs-runtime', 'uvs-agent'], env: { FORMAT: 'deb', ARCH: 'arm64' } });
const network = `ip link set lo up && ip address add ${GATEWAY}/32 dev lo && exec "$@"`;
const test = [process.execPath, 'test/run.ts', 'test/arm-machine/rolling-push.long.test.ts'];
const { status, error } = spawnSync('unshare', ['--net', '--', 'sh', '-c', network, 'sh', ...test], { cwd: project, stdio: 'inherit' });
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
