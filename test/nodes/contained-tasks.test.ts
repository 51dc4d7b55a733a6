import t from 'tap';
import { task } from '../support/update-node.ts';
import { OneNode, whyNoNode } from './one-node.ts';
import { agentBinds, UpdatedNode } from './updated-node.ts';

t.setTimeout(1_800_000);

const config = '[tasks]\nmemory = "64M"\ncpuPercent = 50\nprocesses = 40\ngraceSeconds = 1\n';

/** Tells the unit of the task, and its limits as they are in force: of version 2, where that has controllers, or of version 1. */
const limits = `sed -n 's|.*/system.slice/\\(uvs-task-.*\\)|\\1|p' /proc/self/cgroup | sort -u
own=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
if [ -e $own/memory.max ]; then
  cat $own/memory.max $own/pids.max; cut -d' ' -f1 $own/cpu.max
else
  for c in memory/memory.limit_in_bytes pids/pids.max cpu/cpu.cfs_quota_us; do
    cat "/sys/fs/cgroup/\${c%%/*}$(grep ":\${c%%/*}:" /proc/self/cgroup | cut -d: -f3)/\${c##*/}"
  done
fi
systemctl show --property=RuntimeMaxUSec,KillMode "$(sed -n 's|.*/\\(uvs-task-.*\\)|\\1|p' /proc/self/cgroup | head -n 1)"`;
const stages = ['pre', 'post', 'cleanup'] as const;
/** The phase by which lines of a stage's tasks begin. */
const phases = { pre: 'pre', post: 'post', cleanup: 'confirming' } as const;

void t.test('tasks on a booted node', { skip: whyNoNode() ?? false }, async (t) => {
  await using bed = await OneNode.start(agentBinds);
  const { node, slowness } = bed;
  using updated = new UpdatedNode(node);
  await updated.prepare(config);
  const left = () =>
    node.sh(`systemctl list-units --all --plain --no-legend 'uvs-task-*' | wc -l; ls /run/uvs-agent/tasks | wc -l; pgrep -c sleep || true`);
  let installed = 'none';

  await t.test('a task gets the documented environment and nothing else, no terminal, and limits that hold', async (t) => {
    const { output, release, finished } = await updated.apply([
      task('pre', 'look', 'env -0 | tr "\\0" "\\n" | cut -d= -f1 | sort | tr "\\n" " "; echo; pwd; umask; tty; cat /proc/self/cgroup'),
      ...stages.map((stage) => task(stage, `limits-${stage}`, limits, { timeoutSeconds: 33 })),
      task('cleanup', 'say', 'echo cleaned'),
    ]);
    t.match(finished, { code: 0 }, finished.stderr);
    t.equal(release, (installed = updated.latest));
    // PWD is the shell's own
    t.match(
      output,
      /^pre\| HOME LANG PATH PWD UVS_FROM_VERSION UVS_NODE_NAME UVS_OPERATION UVS_ROOT UVS_STAGE UVS_STATE_DIR UVS_VERSION $/mu,
    );
    t.match(output, /^pre\| \/\npre\| 0022\npre\| not a tty$/mu);
    t.match(output, /^pre\| .*\/system\.slice\/uvs-task-op-[a-z0-9-]+-0\.service$/mu, 'a unit named by operation and task');
    for (const [at, stage] of stages.entries()) {
      const said = output
        .split('\n')
        .flatMap((line) => (line.startsWith(`${phases[stage]}| `) ? line.slice(phases[stage].length + 2) : []));
      const from = said.findIndex((line) => /^uvs-task-op-[a-z0-9-]+\.service$/u.test(line));
      t.match(said[from], new RegExp(`-${at + 1}\\.service$`, 'u'), `${stage} is a unit`);
      t.strictSame(said.slice(from + 1, from + 4), ['67108864', '40', '50000'], `memory, processes and processor time of ${stage}`);
      t.strictSame(said.slice(from + 4, from + 6).toSorted(), ['KillMode=control-group', 'RuntimeMaxUSec=33s'], `time of ${stage}`);
    }
    t.match(output, /^confirming\| cleaned$/mu);
    t.equal(await left(), '0\n0\n0', 'nothing is kept of tasks whose end is recorded');
  });

  await t.test('what a task leaves running is ended, whatever it did to hide', async (t) => {
    const hidden = 'setsid env -i sleep 1000 & (trap "" TERM HUP; setsid env -i sleep 1000) & sleep 0.2';
    const { release } = await updated.apply([task('pre', 'leave', hidden)]);
    t.equal(release, (installed = updated.latest));
    t.equal(await left(), '0\n0\n0');
  });

  await t.test('what a task came to is known where the script that writes it down dies', async (t) => {
    const dies = `echo 'kill -KILL $$' > /run/uvs-agent/tasks/uvs-task-$UVS_OPERATION-0/end`;
    const failed = await updated.apply([task('post', 'bad', `${dies}; echo no good; exit 3`)]);
    t.match(failed.finished, { code: 7, stderr: /TASK_FAILED: post task bad exited 3: no good/u });
    t.equal(failed.release, installed);
    t.equal((await updated.apply([task('post', 'good', dies)])).release, (installed = updated.latest));
    t.equal(await left(), '0\n0\n0');
  });

  interface Bad {
    readonly what: string;
    readonly in: readonly (typeof stages)[number][];
    readonly script: string;
    readonly seconds?: number;
    readonly says: RegExp;
  }
  const bad: readonly Bad[] = [
    {
      what: 'forks without end',
      in: stages,
      script: ':(){ :|:& }; :; sleep 1000',
      seconds: 3,
      says: /(was ended after \d+ s|exited 2)/u,
    },
    { what: 'floods its output', in: ['post'], script: `yes ${'y'.repeat(1000)}`, seconds: 3, says: /was ended after \d+ s/u },
    {
      what: 'ignores SIGTERM',
      in: stages,
      script: 'trap "" TERM; while :; do sleep 1; done',
      seconds: 1,
      says: /was ended after \d+ s/u,
    },
    {
      what: 'takes too much memory',
      in: stages,
      script: 'head -c 200M /dev/zero | tail',
      seconds: 60,
      says: /was ended because it took more memory than a task may have \(64 MiB\)/u,
    },
    {
      what: 'fills the disk of the agent',
      in: stages,
      script: 'cat /dev/zero > /var/lib/uvs-agent/full',
      says: /exited 1: .*No space left on device/u,
    },
    { what: 'can not be started', in: stages, script: '', says: /exited 127: .*No such file or directory/u },
  ];
  for (const { what, in: where, script, seconds, says } of bad) {
    for (const stage of where) {
      await t.test(`a ${stage} task that ${what} fails, and the node goes back`, async (t) => {
        const isFull = what.startsWith('fills');
        if (isFull)
          await node.sh(
            'cp -a /var/lib/uvs-agent /root/kept; mount -t tmpfs -o size=32m,mode=700 small /var/lib/uvs-agent; cp -a /root/kept/. /var/lib/uvs-agent/',
          );
        const spec = task(stage, 'bad', script, { timeoutSeconds: (seconds ?? 30) * slowness });
        const origin = script === '' ? { bytes: Buffer.from('#!/no-such-interpreter\n') } : spec.origin;
        const { finished, release, output } = await updated.apply([{ ...spec, origin }]);
        t.equal(finished.code, 7);
        t.match(finished.stderr, new RegExp(`TASK_FAILED: ${stage} task bad ${says.source}`, 'u'));
        t.equal(release, installed);
        t.equal(await left(), '0\n0\n0');
        if (what.startsWith('floods')) t.match(output, /^post\| \(further output/mu);
        if (isFull)
          await node.sh(
            'rm /var/lib/uvs-agent/full; cp -a /var/lib/uvs-agent/. /root/kept/; umount /var/lib/uvs-agent; cp -a /root/kept/. /var/lib/uvs-agent/; rm -r /root/kept',
          );
      });
    }
  }
});
