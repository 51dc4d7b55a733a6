import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { createAgentMetrics } from '../../agent/metrics.ts';
import { makeProgram } from '../../cli/uvsctl/program.ts';
import { takeCensus } from '../../coordinator/census.ts';

const run = promisify(execFile);
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const rulesFile = path('../../packaging/prometheus/uvs.rules.yml');
const rules = readFileSync(rulesFile, 'utf8');
const expressions = [...rules.matchAll(/^ +expr: (.*)$/gmu)].map(([, expression]) => expression ?? '');
const alerts = [...rules.matchAll(/^ +- alert: (\w+)$/gmu)].map(([, name]) => name ?? '');

/** What each gauge of the leader counts, by its states, of a cluster that has nothing. */
async function countedStates(): Promise<ReadonlyMap<string, readonly string[]>> {
  const ledger = { seq: 0, nodeEntries: 0, requestId: '', freezeReason: undefined, budgets: {}, hold: undefined, isAdopting: false };
  const census = await takeCensus(
    {
      nodes: { list: () => [], status: () => ({ state: 'ready', message: '' }) },
      slots: { removed: () => [], list: () => Promise.resolve([]), drains: () => [] },
      rollouts: { states: () => Promise.resolve([]) },
      cluster: { describe: () => Promise.resolve({ epoch: 'e', leader: undefined, members: [], ledger, unheard: [] }) },
    },
    { live: () => undefined, declared: { limitStates: () => [], settingStates: () => [] } },
    0,
  );
  return new Map(Object.entries(census ?? {}).map(([what, counts]) => [`uvs_${what}`, [...counts.keys()]]));
}

void t.test('Prometheus takes the rules, and each alert is raised by what it is for and by nothing else', async (t) => {
  await run('promtool', ['check', 'rules', rulesFile]);
  const { stdout } = await run('promtool', ['test', 'rules', path('alerts.promtool.yml')]);
  t.match(stdout, /SUCCESS/);
  const tried = readFileSync(path('alerts.promtool.yml'), 'utf8');
  t.strictSame(
    alerts.filter((name) => !tried.includes(`alertname="${name}"`)),
    [],
    'each alert is tried',
  );
});

void t.test('alerts ask for metrics and states that there are', async (t) => {
  const states = await countedStates();
  const registered = readFileSync(path('../../coordinator/metrics.ts'), 'utf8');
  const ofAgents = (await createAgentMetrics('0.0.0', () => 0).registry.getMetricsAsJSON()).map(({ name }) => name);
  for (const expression of expressions) {
    for (const [, name = '', , labels] of expression.matchAll(/\b(uvs_[a-z0-9_]+)(\{state=~?"([^"]*)"\})?/gu)) {
      const metric = name.replace(/_count$/u, '');
      t.ok(states.has(metric) || ofAgents.includes(metric) || registered.includes(`'${metric}'`), `there is ${metric}`);
      for (const state of labels?.split('|') ?? []) t.ok(states.get(metric)?.includes(state), `${metric} counts ${state}`);
    }
  }
  t.ok(expressions.length === alerts.length && alerts.length > 10);
});

void t.test('what alerts say to type on a monitor node are commands', (t) => {
  const program = makeProgram(() => async () => undefined, '0');
  const said = [...rules.matchAll(/\buvsctl ([a-z-]+)(?: ([a-z-]+))?/gu)];
  for (const [, group = '', name = ''] of said) {
    const command = program.commands.find((one) => one.name() === group);
    t.ok(command, `uvsctl ${group}`);
    const has = (command?.commands.length ?? 0) === 0 || command?.commands.some((one) => one.name() === name);
    t.ok(has, `uvsctl ${group} ${name}`);
  }
  t.ok(said.length > 8);
  t.end();
});
