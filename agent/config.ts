import * as v from 'valibot';
import { agentBounds } from '../common/agent-bounds.ts';
import { readConfig } from '../common/config.ts';
import { m2PolicySchema } from './m2/policy.ts';
import { PROGRAM_PATH } from './os/program-path.ts';
import { taskLimitsSchema } from './task-limits.ts';

const unitName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9:_.\\@-]{1,255}$/, 'must be the name of a unit, e.g. ceph-osd@3.service'));
const listenAddress = v.pipe(v.string(), v.regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}$/, 'must be host:port'));

const schema = v.strictObject({
  /** Addresses to report instead of those of the network interfaces. */
  addresses: v.optional(v.pipe(v.array(v.pipe(v.string(), v.ip())), v.maxLength(agentBounds.addresses))),
  /** Units that should run on this node; those that do not make it unhealthy. They may be restarted, as Ceph's may. */
  services: v.optional(v.pipe(v.array(unitName), v.maxLength(256)), []),
  /** Whether what a release replaces is retained until the next one is done, so that it can be taken back; it takes the space of the old files. */
  retainPrevious: v.optional(v.boolean(), true),
  /** In a sandbox (a root other than /), whose machine is somebody else's: the program, with its arguments, that stands for its reboot. */
  sandboxReboot: v.optional(v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(64))),
  /** The same for systemctl(1); without it the services of a sandbox are left alone. */
  sandboxSystemctl: v.optional(v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(64))),
  /** How long an agent that a release brings has to confirm that it goes on, before this one comes back. */
  handoverSeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3600)), 120),
  /** Directories in which the agent looks for the programs that it runs. */
  programPath: v.optional(
    v.pipe(v.string(), v.regex(/^\/[^:]*(:\/[^:]*)*$/, 'must be absolute directories with ":" between')),
    PROGRAM_PATH,
  ),
  /** How much of the node one task of a release may take. */
  tasks: v.optional(taskLimitsSchema, {}),
  /** Which disk is the one for /m2. */
  m2: v.optional(m2PolicySchema, {}),
  log: v.optional(v.strictObject({ level: v.optional(v.picklist(['debug', 'info', 'warn', 'error']), 'info') }), {}),
  /** Without it there is no listener. Plain HTTP without authentication: keep it on loopback or behind something that authenticates. */
  metrics: v.optional(v.strictObject({ listen: listenAddress })),
});

/** /etc/uvs/agent.toml below the managed root; every key may be left out. */
export type AgentConfig = Readonly<v.InferOutput<typeof schema>>;

/** Reads the configuration. @param isNamed whether the operator named the file, which then must exist. @throws UvsError CONFIG_INVALID */
export async function readAgentConfig(path: string, isNamed: boolean): Promise<AgentConfig> {
  return await readConfig(path, schema, isNamed ? undefined : '');
}
