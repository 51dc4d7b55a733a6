import type { CephOutput } from '../../../../coordinator/gates/ceph/cli.ts';
import { answerText, output, ScriptedCeph, type Scripted } from './answers.ts';

interface Host {
  name: string;
  readonly osds: readonly number[];
  hasNoout: boolean;
}

interface Pool {
  name: string;
  autoscale: string;
}

/** A scripted 16.2.15 whose hosts and pools can be renamed, and on which noout and the autoscaler can be set: it keeps both by id, as Ceph does. */
export class SettableCeph extends ScriptedCeph {
  /** By id, those of the fixture. */
  readonly hosts = new Map<number, Host>([
    [-7, { name: 'n1', osds: [0], hasNoout: false }],
    [-5, { name: 'n2', osds: [1], hasNoout: false }],
    [-3, { name: 'n3', osds: [2], hasNoout: false }],
  ]);
  readonly pools = new Map<number, Pool>([[1, { name: 'data', autoscale: 'on' }]]);
  /** Of the whole cluster, beside those of the fixture. */
  flags: readonly string[] = [];
  /** Called before a command changes anything. */
  beforeChange: (command: string) => void = () => undefined;

  constructor(more: Readonly<Record<string, Scripted>> = {}) {
    super({
      'balancer off': '',
      'balancer on': '',
      'config get mgr mgr/pg_autoscaler/noautoscale': answerText('16.2.15/noautoscale-off.txt'),
      'osd dump': () => output(this.#dump()),
      'osd tree': () => output(this.#tree()),
      ...more,
    });
  }

  /** What is said as a command, but for questions. */
  get changes(): readonly string[] {
    return this.asked.filter((command) => /^osd (set-group|unset-group|pool set) /.test(command));
  }

  override async ask(command: readonly string[], signal: AbortSignal): Promise<CephOutput> {
    const text = command.join(' ');
    if (this.answers.has(text)) return super.ask(command, signal);
    const [of, verb, ...words] = command;
    if (of !== 'osd' || !['set-group', 'unset-group', 'pool'].includes(verb ?? '')) return super.ask(command, signal);
    this.asked.push(text);
    this.beforeChange(text);
    return verb === 'pool' ? this.#setPool(words) : this.#setNoout(words.slice(1), verb === 'set-group');
  }

  #setNoout(names: readonly string[], isOn: boolean): CephOutput {
    const found = names.map((name) => [...this.hosts.values()].find((host) => host.name === name));
    if (found.includes(undefined)) return output('', { code: 22, remark: 'unable to parse osd id or crush node or device class' });
    for (const host of found) if (host !== undefined) host.hasNoout = isOn;
    return output('');
  }

  #setPool([, name, , mode = '']: readonly string[]): CephOutput {
    const pool = [...this.pools.values()].find((each) => each.name === name);
    if (pool === undefined) return output('', { code: 2, remark: `unrecognized pool '${name}'` });
    pool.autoscale = mode;
    return output('');
  }

  #dump(): string {
    const dump = JSON.parse(answerText('16.2.15/osds.json'));
    const flagged = [...this.hosts.values()].filter(({ hasNoout }) => hasNoout);
    return JSON.stringify({
      ...dump,
      flags: [dump.flags, ...this.flags].join(','),
      pools: [...this.pools].map(([id, { name, autoscale }]) => ({
        ...dump.pools[0],
        pool: id,
        pool_name: name,
        pg_autoscale_mode: autoscale,
      })),
      crush_node_flags: Object.fromEntries(flagged.map(({ name }) => [name, ['noout']])),
    });
  }

  #tree(): string {
    const hosts = [...this.hosts].map(([id, { name, osds }]) => ({ id, name, type: 'host', children: osds }));
    const osds = [0, 1, 2].map((id) => ({ id, name: `osd.${id}`, type: 'osd' }));
    return JSON.stringify({ nodes: [...hosts, ...osds], stray: [] });
  }
}
