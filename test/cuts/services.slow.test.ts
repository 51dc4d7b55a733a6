import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { failpointLists, type FailpointName } from '../../agent/failpoints.ts';
import { SandboxUnits } from '../support/sandbox-units.ts';
import { bundleChild, file, runChild, type ChildOrder } from '../support/update-node.ts';
import { expectedSide } from './expected-side.ts';
import { managedTree } from './managed-tree.ts';
import { notPassed } from './named-points.ts';
import { NodeCopies, type RootCopy } from './node-copies.ts';
import { isUpToTheMoment } from './point-names.ts';
import { judgeRoot, Tally } from './verdicts.ts';

t.setTimeout(1_200_000);

const scene = { name: 'serving', package: 'serving', way: 'apply' as const, endsNew: true, hasSlots: false };
const running = ['ceph-mon@a.service', 'ceph-osd@3.service'];

/** A copy of the node with units of its own, two that run and one that somebody has stopped. */
class ServingRoot implements Disposable {
  readonly root: RootCopy;
  readonly units: SandboxUnits;
  readonly #unitsAt: string;
  readonly #order: Omit<ChildOrder, 'command'>;

  constructor(copies: NodeCopies) {
    this.root = copies.copy();
    this.#unitsAt = `${this.root.path}.units`;
    mkdirSync(this.#unitsAt);
    const states = [...running.map((name) => ({ name, state: 'active' as const })), { name: 'idle.service', state: 'inactive' as const }];
    this.units = new SandboxUnits(this.#unitsAt, 'node-1', states, join(this.#unitsAt, 'record'));
    const { rootFile } = copies.node;
    const packagePath = copies.node.packagePath(scene.package);
    this.#order = { root: this.root.path, rootFile, file: packagePath, systemctl: this.units.systemctl };
  }

  async run(program: string, more: Pick<ChildOrder, 'command' | 'dieAt' | 'trace'>) {
    return await runChild(program, { ...this.#order, ...more });
  }

  /** What is wrong with its services: those that ran have to run, and the one that did not has never been started. */
  complaints(): readonly string[] {
    const down = this.down().map((unit) => `${unit} does not run`);
    return this.units.starts()['idle.service'] === 1 ? down : [...down, 'idle.service was started'];
  }

  /** Those that ran and do not run now. */
  down(): readonly string[] {
    return running.filter((unit) => !readFileSync(join(this.#unitsAt, 'units', unit), 'utf8').startsWith('active '));
  }

  [Symbol.dispose](): void {
    this.root[Symbol.dispose]();
  }
}

void t.test(
  'killed at each named point and around each stop and start of a service, a node is whole and serves once recovered',
  async (t) => {
    using copies = await NodeCopies.prepare();
    const { node } = copies;
    await node.build(scene.package, {
      seq: 2,
      kind: 'full',
      files: [file('opt/app/bin', 'two'), file('opt/app/more', 'more')],
      services: [...running, 'idle.service'],
    });
    const program = await bundleChild(node.directory);
    const tally = new Tally();
    using whole = new ServingRoot(copies);
    const old = managedTree(whole.root.path);
    const trace = join(node.directory, 'points');
    t.match(await whole.run(program, { command: 'apply', trace }), { code: 0 });
    const sides = { old, new: managedTree(whole.root.path) };
    t.strictSame(whole.complaints(), []);
    const points = readFileSync(trace, 'utf8').trim().split('\n');
    t.strictSame(notPassed('service', points), [], 'what is to be stopped is written down before');
    const cuts = cutsOf(points);
    const half = new Set<string>();
    for (const at of cuts) {
      using cut = new ServingRoot(copies);
      if ((await cut.run(program, { command: 'apply', dieAt: at })).signal !== 'SIGKILL') {
        tally.missed += 1;
        if (!isUpToTheMoment(at)) tally.complaints.push(`${at}: the agent did not pass there`);
        continue;
      }
      if (cut.down().length === 1) half.add(at);
      const { output } = await cut.run(program, { command: 'recover' });
      const { side, complaints } = await judgeRoot(cut.root.path, sides);
      const wrong = [...complaints, ...cut.complaints()];
      tally.add(at, side, wrong.length === 0 ? [] : [...wrong, output], expectedSide(scene, points, at));
    }
    t.comment(tally.summary);
    t.strictSame(tally.complaints, []);
    t.equal(tally.counts.mixed, 0);
    t.ok(tally.counts.old > 0 && tally.counts.new > 0 && tally.cuts > 30, `${tally.cuts} cuts`);
    t.comment(`one service down and the other up at ${[...half].join(', ')}`);
    for (const point of ['service-stopped', 'service-started']) t.ok(half.has(point), `at ${point} one is down and the other up`);
  },
);

/** Each named point, each act while services are stopped and started, and every fourth between; what comes before and after is in killed.slow.test.ts. */
function cutsOf(points: readonly string[]): readonly string[] {
  const names: ReadonlySet<string> = new Set([...failpointLists.update, ...failpointLists.service]);
  const isWithin = (index: number, from: FailpointName, to: FailpointName): boolean =>
    index > points.indexOf(from) && index < points.indexOf(to);
  return points.filter(
    (point, index) =>
      names.has(point.replace(/ #\d+$/u, '')) ||
      isWithin(index, 'services-recorded', 'services-stopped') ||
      isWithin(index, 'starting-recorded', 'services-started') ||
      (isWithin(index, 'stopping-recorded', 'post-recorded') && index % 4 === 0),
  );
}
