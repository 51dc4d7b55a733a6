import type { CutScene } from './cut-scenes.ts';
import type { Cut, KilledAgent, Traced } from './killed-agent.ts';
import { expectedSide } from './expected-side.ts';
import type { BothSides, Tally } from './verdicts.ts';

/** Two agents at a time: as many as the machine has processors at least. */
const PARALLEL = 2;

/** Every `step`th of the points, or of those that a first cut's recovery has. */
export function spread(points: readonly string[], step: number): readonly string[] {
  return points.filter((_point, index) => index % step === 0);
}

/** Kills an agent at every `step`th of the points of a scene, and recovers. */
export async function killAt(killed: KilledAgent, scene: CutScene, traced: Traced, step: number, tally: Tally): Promise<void> {
  await inParallel(spread(traced.points, step), async (at) => {
    await killed.cut(scene, traced.sides, { at, expected: expectedSide(scene, traced.points, at) }, tally);
  });
}

/** Kills at each of the first points, then the recovery at each `step`th of its own points; the second cut may not turn the direction. */
export async function killTwiceAt(
  killed: KilledAgent,
  scene: CutScene,
  sides: BothSides,
  first: readonly string[],
  step: number,
  tally: Tally,
): Promise<void> {
  const cuts: Cut[] = [];
  await inParallel(first, async (at) => {
    const { points, side } = await killed.traceRecovery(scene, sides, at);
    for (const again of spread(points, step)) cuts.push({ at, again, expected: side });
  });
  await inParallel(cuts, (cut) => killed.cut(scene, sides, cut, tally));
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (const item of queue) await act(item);
    }),
  );
}
