import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { syncDirectory } from '../../common/atomic-file.ts';
import { readCorpus, rememberSignatures } from './corpus.ts';
import { fixedKit } from './fixed-kit.ts';
import { fuzz } from './fuzzer.ts';
import { describeReport } from './order.ts';
import { readAsAgent } from './read.ts';
import { soundPackages } from './seeds.ts';
import { Signer } from './signer.ts';
import { runFuzzer } from './spawn.ts';
import { demandUntouched } from './untouched.ts';

t.setTimeout(300_000);

void t.test(
  'whatever is changed about a package, the reader refuses it in time and in little memory, or takes what was signed',
  async (t) => {
    const corpus = readCorpus().length;
    const report = await runFuzzer({ seed: process.env['SEED'] ?? '1', seconds: 200, executions: corpus + 1000 });
    for (const line of describeReport(report)) t.comment(line);
    t.equal(report.executions, corpus + 1000);
    t.ok(report.agentExecutions >= 25, `${report.agentExecutions} on a whole agent`);
    t.ok(report.kinds.length >= 80, `${report.kinds.length} distinct outcomes`);
    t.ok((report.reasons['TAKEN'] ?? 0) >= 20, 'what is behind the signatures is reached');
    t.ok((report.agentOutcomes['installed'] ?? 0) >= 1, 'agents are reached to the end');
  },
);

void t.test('what the sound packages of the corpus were made of is taken as well when it is made anew', async (t) => {
  const kit = await fixedKit();
  const signer = new Signer();
  for (const [name, bytes] of await soundPackages(kit)) {
    rememberSignatures(bytes, kit, signer);
    t.match(await readAsAgent(bytes, kit, signer), { reason: 'TAKEN' }, name);
  }
});

void t.test('the same seed makes the same packages', async (t) => {
  const kit = await fixedKit();
  const run = async (): Promise<readonly string[]> => {
    const made: string[] = [];
    const onPackage = (_execution: number, bytes: Buffer) => void made.push(bytes.toString('base64'));
    await fuzz({ seed: 'again', kit, executions: readCorpus().length + 60, until: () => false, onPackage, agentEvery: Infinity });
    return made;
  };
  t.strictSame(await run(), await run());
});

void t.test('a reader that writes is found at the first package that it writes for', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'uvs-fuzz-test-'));
  const path = join(folder, 'there');
  try {
    writeFileSync(path, 'one');
    await t.resolves(demandUntouched(folder, () => Promise.resolve()));
    const write = async (what: () => unknown): Promise<unknown> => {
      // the kernel's stamps are as coarse as its ticks
      await setTimeout(20);
      return await demandUntouched(folder, () => Promise.resolve(what()));
    };
    await t.rejects(
      write(() => writeFileSync(join(folder, 'new'), '')),
      { message: /^reading changed .*\bnew /u },
    );
    await t.rejects(
      write(() => chmodSync(path, 0o4755)),
      { message: /^reading changed there /u },
    );
    await t.rejects(
      write(() => rmSync(path)),
      { message: /^reading changed/u },
    );
    await t.rejects(
      demandUntouched(undefined, () => syncDirectory(folder)),
      { message: /^reading did / },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

void t.test('a reader that hangs, or takes too much memory, is found with the package that it read', async (t) => {
  const watchdog = new URL('watchdog.ts', import.meta.url).href;
  const stuck = (limits: { readonly deadlineMs: number; readonly growthBytes: number }): string => {
    const program = `
      import { Worker } from 'node:worker_threads';
      const workerData = { shared: new SharedArrayBuffer(12), ...${JSON.stringify(limits)} };
      new Worker(new URL(${JSON.stringify(watchdog)}), { workerData, execArgv: [] }).once('message', () => {
        globalThis.taken = Buffer.alloc(20 * 2 ** 20, 1);
        for (;;);
      });`;
    const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 30_000 });
    return `${signal}: ${stderr.toString()}`;
  };
  t.match(stuck({ deadlineMs: 200, growthBytes: 2 ** 40 }), /^SIGKILL: execution 0 takes longer than 200 ms/);
  t.match(stuck({ deadlineMs: 20_000, growthBytes: 10 * 2 ** 20 }), /^SIGKILL: execution 0 has the process at \d+ MiB, from \d+/);
  const folder = mkdtempSync(join(tmpdir(), 'uvs-fuzz-test-'));
  try {
    // a whole agent takes longer
    const failed = await runFuzzer({ seed: 'hurry', seconds: 60, executions: 50, deadlineMs: 1 }, folder).then(
      () => 'it was not found',
      (error: unknown) => (error instanceof Error ? error.message : 'no error'),
    );
    const [, kept = ''] = /the package is (\S+)/.exec(failed) ?? [];
    t.ok(kept.startsWith(folder), failed.slice(0, 200));
    t.type(readFileSync(kept), Buffer);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
