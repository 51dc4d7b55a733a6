import { execFileSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { file, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

const FILES = 300;
const FILE_BYTES = 400_000;
/** A payload that goes through memory as a whole, or waits for a garbage collection, is far above it. */
const MOST_MIB = 96e6 / 2 ** 20;
const agent = fileURLToPath(new URL('../../dist/uvs/bin/uvs-agent', import.meta.url));

t.setTimeout(180_000 * patience);

void t.test('the agent brings in a release larger than its memory', { skip: existsSync(agent) ? false : 'needs make build' }, async (t) => {
  using node = new TestNode();
  // differs from file to file and does not compress
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16, 'key'), Buffer.alloc(16));
  const files = Array.from({ length: FILES }, (_, index) =>
    file(`opt/part${index % 20}/file${index}`, noise.update(Buffer.alloc(FILE_BYTES))),
  );
  await node.build('one', { seq: 1, files });
  mkdirSync(join(node.root, 'etc'), { recursive: true });
  writeFileSync(join(node.root, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\n');
  const peakFile = join(node.directory, 'peak');
  const command = ['--root', node.root, 'apply', node.packagePath('one'), '--root-file', node.rootFile, '--no-slot', '--reason', 'a test'];
  const script = `import { readFileSync, writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(${JSON.stringify(peakFile)}, /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]));`;
  const preload = join(node.directory, 'preload.mjs');
  writeFileSync(preload, script);
  execFileSync(agent, command, { stdio: 'ignore', env: { ...process.env, NODE_OPTIONS: `--import=${preload}` } });
  const peakMib = Number(execFileSync('cat', [peakFile], { encoding: 'utf8' })) / 1024;
  t.comment(`payload ${((FILES * FILE_BYTES) / 2 ** 20).toFixed(0)} MiB, peak resident memory ${peakMib.toFixed(0)} MiB`);
  t.ok(peakMib < MOST_MIB, `${peakMib.toFixed(0)} MiB`);
});
