import { settle } from './aftermath.ts';
import { adopt, fulfil } from './fulfil.ts';
import { inflict } from './inflict.ts';
import type { Fault, Plan, Wish } from './plan.ts';
import { actor } from './operator.ts';
import { simulatedPackages } from './packages.ts';
import { BrokenPromise, type PromiseName } from './broken-promise.ts';
import { World } from './world.ts';

export interface Outcome {
  readonly events: number;
  /** Faults that happened; of those of a plan that wait for a moment some wait for ever. */
  readonly faults: number;
  /** Slots that were begun: without them a run shows nothing. */
  readonly begun: number;
  /** How often each action was written into the audit log. */
  readonly actions: Readonly<Record<string, number>>;
  /** Undefined: every promise was kept. */
  readonly broken: { readonly promise: PromiseName; readonly sentence: string } | undefined;
  /** The last things that happened. */
  readonly story: readonly string[];
  /** Two runs with the same one were the same. */
  readonly trace: string;
}

/** What an operator takes to see that etcd is held, and to adopt it. */
const ADOPT_MS = 15_000;

/** Runs one plan to its end or to the first broken promise. The same plan always runs the same way. */
export async function simulate(plan: Plan): Promise<Outcome> {
  const world = new World(plan);
  let broken: BrokenPromise | undefined;
  try {
    await run(world, plan);
  } catch (error) {
    if (!(error instanceof BrokenPromise)) throw error;
    broken = error;
    world.tell(`BROKEN (${error.promise}): ${error.message}`);
  }
  return {
    events: world.timeline.events,
    faults: world.faults,
    begun: world.begun,
    actions: world.actions,
    broken: broken === undefined ? undefined : { promise: broken.promise, sentence: broken.message },
    story: world.story,
    trace: world.trace,
  };
}

async function run(world: World, plan: Plan): Promise<void> {
  const { timeline } = world;
  for (const machine of world.coordinators) machine.start();
  for (const record of simulatedPackages) {
    world.operator.ask(`add package ${record.version}`, (core) => core.packages.add(record, actor));
  }
  for (const machine of world.nodes) world.join(machine);
  world.onHold = () => void timeline.after(ADOPT_MS, undefined, () => adopt(world));
  for (const fault of plan.faults) {
    world.at(fault, (own) => {
      if (world.isHealed) return;
      world.faults += 1;
      world.tell(`FAULT ${describe(fault)}`);
      inflict(world, fault, own);
    });
  }
  for (const wish of plan.wishes) {
    world.at(wish, (own) => {
      if (world.isHealed) return;
      world.tell(`the operator wants: ${describe(wish)}`);
      fulfil(world, wish, own);
    });
  }
  await world.runUntil(plan.troubleMs);
  await settle(world);
}

function describe({ kind, atMs: _atMs, on: _on, ...rest }: Fault | Wish): string {
  return Object.keys(rest).length === 0 ? kind : `${kind} ${JSON.stringify(rest)}`;
}
