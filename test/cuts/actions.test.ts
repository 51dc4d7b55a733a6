import { readFileSync } from 'node:fs';
import t from 'tap';
import type { NodePorts } from '../../agent/operation-context.ts';
import type { Ended } from '../../agent/ports.ts';
import type { NodeAction } from '../../common/node-action.ts';
import { ActingNode, daemons, reboot, restart } from '../support/acting-node.ts';
import { FakeMachine, FakeUnits } from '../support/fake-node.ts';
import { isWhole, MigrationBed } from '../support/migration-bed.ts';
import { demandedBy, notPassed } from './named-points.ts';

t.setTimeout(240_000);

/** A node with one action to do, and what contradicts that the action was done once, or not at all. */
interface ActionScene {
  readonly node: ActingNode;
  readonly ports?: Partial<NodePorts>;
  /** What becomes of the node between the agent's death and its next start. */
  readonly meanwhile?: () => void;
  readonly complaints: (ended: Ended | undefined) => readonly string[];
}

const osds = ['ceph-osd@2.service', 'ceph-osd@10.service'];
const directory = '/var/lib/ceph/mon/ceph-a';

const actions: readonly { readonly name: string; readonly action: NodeAction; readonly make: () => ActionScene }[] = [
  {
    name: 'a restart of units',
    action: restart('ceph-osd@*.service'),
    make: () => {
      const units = new FakeUnits(daemons);
      const complaints = (ended: Ended | undefined): readonly string[] => {
        const wanted = ended?.outcome === 'done' ? osds : [];
        return units.restarted.join() === wanted.join() ? [] : [`restarted: ${units.restarted.join(', ')}`];
      };
      return { node: new ActingNode(units), complaints };
    },
  },
  {
    name: 'a reboot',
    action: reboot,
    make: () => {
      const machine = new FakeMachine();
      const node = new ActingNode(undefined, machine);
      machine.onReboot = () => void (machine.boot += 1);
      // where it was not asked and is thought to go down, the time that it has for that passes
      const meanwhile = () => void (node.tickMs = 31_000);
      const complaints = (ended: Ended | undefined): readonly string[] => {
        const wanted = ended?.outcome === 'done' ? 1 : 0;
        return machine.asked === wanted ? [] : [`the machine was asked ${machine.asked} times`];
      };
      return { node, meanwhile, complaints };
    },
  },
  {
    name: 'a migration',
    action: { kind: 'migration', act: 'migrate', directory, units: ['ceph-mon@a.service'] },
    make: () => {
      const bed = new MigrationBed();
      const complaints = (ended: Ended | undefined): readonly string[] => [
        ...(isWhole(bed) ? [] : [`the service sees ${bed.seen ?? 'nothing'}`]),
        ...(bed.isRunning ? [] : ['the service does not run']),
        ...(bed.isMounted === (ended?.outcome === 'done') ? [] : ['what is said of where the directory is does not fit']),
      ];
      const ports = { migrations: { machine: bed.machine, memory: bed.memory } };
      return { node: new ActingNode(new FakeUnits(['ceph-mon@a.service'])), ports, complaints };
    },
  },
];

void t.test(
  'an agent that dies at any point of a restart, a reboot or a migration does it once, or not at all, and says which',
  async (t) => {
    const passed = new Set<string>();
    for (const { name, action, make } of actions) {
      const whole = make();
      using traced = whole.node;
      const points = await traced.trace(action, whole.ports);
      for (const point of points) passed.add(point);
      const outcomes = new Map<string, number>();
      for (const point of points) {
        const { node, ports, meanwhile, complaints } = make();
        using _ = node;
        await node.dieAt(point, action, ports);
        meanwhile?.();
        await using runner = await node.open(ports);
        const [recovered] = await runner.recover({ abandon: false });
        const [open] = await runner.openOperations();
        const ended = open === undefined ? recovered : (open.ended ?? (await node.run(runner, undefined)));
        t.strictSame(complaints(ended), [], `${name}, ${point}: ${ended?.outcome} ${ended?.message}`);
        const outcome = ended?.outcome ?? 'nothing';
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      t.comment(`${name}: cut points ${points.length}, ${[...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', ')}`);
      t.ok((outcomes.get('done') ?? 0) > 0, name);
    }
    t.strictSame(notPassed('action', passed), [], 'each named failpoint is one of the points');
  },
);

void t.test('the names of each list of failpoints are demanded by a test', (t) => {
  for (const [list, file] of Object.entries(demandedBy))
    t.match(readFileSync(new URL(file, import.meta.url), 'utf8'), `notPassed('${list}', `, file);
  t.end();
});
