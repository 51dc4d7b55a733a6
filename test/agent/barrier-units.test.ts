import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Ended, Services, Units } from '../../agent/ports.ts';
import { waysBack } from '../../agent/retained/way-back.ts';
import { readInstalled } from '../../agent/installed.ts';
import { stateDirectoryAt } from '../../agent/state-directory.ts';
import { FakeUnits } from '../support/fake-node.ts';
import { memoryNode } from '../support/memory-node.ts';
import { rollBack } from '../support/roll-back.ts';
import { runOperation } from '../support/run-operation.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { file, type TestNode } from '../support/update-node.ts';
import { fakeServices } from '../support/fake-services.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(120_000 * patience);

const sentence = 'OSDs that have started 17.x write a new format';
const osd = 'ceph-osd@3.service';

/** Services that run are those of the fake units. */
function servicesOf(units: FakeUnits): Services {
  const runs = (unit: string): Promise<boolean> => Promise.resolve(units.units.get(unit)?.isRunning === true);
  const set = (unit: string, isRunning: boolean): Promise<void> => {
    const found = units.units.get(unit);
    if (found !== undefined) found.isRunning = isRunning;
    return Promise.resolve();
  };
  return fakeServices({
    isActive: runs,
    stop: (unit) => set(unit, false),
    start: (unit) => set(unit, true),
  });
}

/** A node whose second release can't be taken back once units of a pattern have started, and how it answers when that is tried. */
class BarredNode implements Disposable {
  readonly node: TestNode = memoryNode();
  #tries = 0;

  /** @param units as they are while the second release comes, which stops and starts those of `services` that run */
  static async make(units: FakeUnits, services: readonly string[]): Promise<BarredNode> {
    const barred = new BarredNode();
    const { node } = barred;
    await node.build('one', { seq: 1, files: [file('opt/a', 'one')] });
    const barrier = { sentence, once: { units: ['ceph-osd@*.service'] } };
    await node.build('two', { seq: 2, files: [file('opt/a', 'two')], services, barrier });
    for (const name of ['one', 'two'])
      t.match(await runOperation(node, name, { units, services: servicesOf(units) }, `op-${name}`), { outcome: 'installed' });
    return barred;
  }

  /** What the node tells of it before anybody tries; empty: it may go back. */
  async refusal(units: Units, services: Services): Promise<string> {
    const state = stateDirectoryAt(this.node.statePath);
    const ground = { root: this.node.root, units, services };
    return (await waysBack(state, await readInstalled(state), ground, undefined, [])).releases[0]?.refusal ?? 'none is retained';
  }

  /** Has the node refuse, which changes nothing. */
  async refuses(units: Units, services: Services): Promise<void> {
    const look = (): readonly string[] => snapshot(this.node.root, ['var/lib/uvs-agent']);
    const before = look();
    t.equal(await this.refusal(units, services), sentence, 'it is told before anybody tries');
    t.match(await this.#back(units, services), {
      outcome: 'failed',
      message: `NO_WAY_BACK: 2.14.2 can't be taken back: ${sentence}`,
    });
    t.strictSame(look(), before);
  }

  async goesBack(units: FakeUnits): Promise<void> {
    t.equal(await this.refusal(units, servicesOf(units)), '');
    t.match(await this.#back(units, servicesOf(units)), { outcome: 'done' });
    t.equal(readFileSync(join(this.node.root, 'opt/a'), 'utf8'), 'one');
  }

  #back(units: Units, services: Services): Promise<Ended> {
    return rollBack(this.node, { units, services }, `op-back-${(this.#tries += 1)}`);
  }

  [Symbol.dispose](): void {
    this.node[Symbol.dispose]();
  }
}

void t.test(
  'a node goes back while it has no unit of the barrier, whatever else it has; one that it has, runs or not, keeps it from that',
  async (t) => {
    const others = new FakeUnits(['ceph-mon@a.service', 'ceph-osdx@3.service'], { 'ceph.target': 'stopped' });
    using barred = await BarredNode.make(others, ['ceph-mon@a.service', 'ceph-osdx@3.service', 'ceph.target']);
    t.equal(await barred.refusal(others, servicesOf(others)), '', 'what the release has started again is none of them');
    for (const units of [new FakeUnits(['ceph-mon@a.service', osd]), new FakeUnits(['ceph-mon@a.service'], { [osd]: 'stopped' })])
      await barred.refuses(units, servicesOf(units));
    const silent = Object.assign(new FakeUnits([]), { matching: () => Promise.reject(new Error('Failed to connect to bus')) });
    await barred.refuses(silent, servicesOf(others));
    await barred.goesBack(others);
  },
);

void t.test('a unit that the release itself has started again counts, also where the node does not have it any more', async () => {
  using barred = await BarredNode.make(new FakeUnits(['ceph-mon@a.service', osd]), [osd]);
  const without = new FakeUnits(['ceph-mon@a.service']);
  await barred.refuses(without, servicesOf(without));
});

void t.test('a unit of the release that did not run when it came was not started by it, and does not count once it is gone', async () => {
  using barred = await BarredNode.make(new FakeUnits(['ceph-mon@a.service'], { [osd]: 'stopped' }), [osd]);
  await barred.goesBack(new FakeUnits(['ceph-mon@a.service']));
});
