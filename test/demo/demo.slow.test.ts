import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { whyNoBootedNodes } from '../nodes/booted-nodes.ts';

t.setTimeout(1_200_000);

const whyNot = whyNoBootedNodes();
if (whyNot !== undefined && process.env['CI'] === 'true') throw new Error(whyNot);
const NODES = 8;

/** Plays it as `make demo` does; all that it prints, and its exit code. */
async function play(kind: string): Promise<{ readonly code: number | null; readonly said: string }> {
  const program = fileURLToPath(new URL('main.ts', import.meta.url));
  const child = spawn(process.execPath, [program, '--nodes', kind], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGTERM'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said };
}

for (const kind of ['sandbox', 'systemd'] as const) {
  const skip = kind === 'systemd' ? (whyNot ?? false) : false;
  void t.test(
    `the demo brings the release to all its nodes, ${kind}, waits where storage says so, and leaves nothing`,
    { skip },
    async (t) => {
      const beganMs = performance.now();
      const { code, said } = await play(kind);
      t.comment(`${kind}: ${((performance.now() - beganMs) / 1000).toFixed(0)} s`);
      t.equal(code, 0, said);
      t.match(said, /osd\.1 on demo155 is backfilling/u, 'a gate held demo156 back');
      const lists = said.split('$ uvsctl nodes list').slice(1);
      t.equal(lists.length, 2);
      for (const [at, version] of ['2.14-16.20200317', '2.14.17'].entries())
        t.equal(
          (lists[at] ?? '')
            .split(/\n(?:── |\$ )/u)[0]
            ?.split('\n')
            .filter((line) => line.includes(version)).length,
          NODES,
          version,
        );
      t.match(said, /Done: the cluster has ended and nothing of it is left/u);
    },
  );
}
