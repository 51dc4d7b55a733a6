import type { OperationPage, OperationQuery } from '../core.ts';
import type { OperationView } from '../rollout-view.ts';
import type { StepRecord } from '../domain.ts';
import type { Etcd } from '../etcd/port.ts';
import { rangeAll } from '../etcd/port.ts';
import { keys, lastPart } from '../state/keys.ts';
import { parseRecord } from '../state/parse.ts';
import { operationSchema, stepSchema } from '../state/records.ts';
import { triesOf, tryOf, type StepTry } from '../step-tries.ts';

type Reads = Pick<Etcd, 'get' | 'range'>;
type View = (step: StepTry) => OperationView;

/** Fewest entries of the index read at a time: one that its step does not remember stands for nothing. */
const MIN_READ = 50;
const MAX_READ = 200;
/** Entries of the index looked at beyond the page's size, before what was found is answered. */
const MAX_IN_VAIN = 1_000;
const STEPS_AT_ONCE = 32;

/** Reads one page of the operations, about as many keys as it shows; those of one node by the rollouts that are kept. */
export function listOperations(etcd: Reads, query: OperationQuery, view: View): Promise<OperationPage> {
  const { uid } = query;
  return uid === undefined ? listAll(etcd, query, view) : listOfNode(etcd, uid, query, view);
}

/** The steps of the newest operations, newest first, without their earlier tries; up to so many. */
export async function recentSteps(etcd: Reads, limit: number): Promise<readonly StepRecord[]> {
  const page = await etcd.range(keys.operations, { limit, isDescending: true });
  const places = page.entries.map((entry) => ({ operation: lastPart(entry.key), ...parseRecord(operationSchema, entry) }));
  const steps = await readSteps(etcd, places);
  return places.flatMap(({ operation }, index) => (steps[index]?.operation === operation ? steps[index] : []));
}

async function listAll(etcd: Reads, { limit, after: start }: OperationQuery, view: View): Promise<OperationPage> {
  const found: StepTry[] = [];
  let after = start;
  for (let read = 0; read < limit + MAX_IN_VAIN;) {
    const page = await etcd.range(keys.operations, {
      limit: Math.min(MAX_READ, Math.max(MIN_READ, limit - found.length)),
      isDescending: true,
      ...(after === undefined ? {} : { after: keys.operation(after) }),
    });
    const places = page.entries.map((entry) => ({ operation: lastPart(entry.key), ...parseRecord(operationSchema, entry) }));
    const steps = await readSteps(etcd, places);
    for (const [index, { operation }] of places.entries()) {
      const step = steps[index];
      const one = step === undefined ? undefined : tryOf(step, operation);
      if (one !== undefined) found.push(one);
    }
    if (found.length > limit) return pageOf(found, limit, view);
    after = page.hasMore ? places.at(-1)?.operation : undefined;
    if (after === undefined || found.length === limit) break;
    read += places.length;
  }
  return { operations: found.map(view), after };
}

/** A node has one step in each rollout, which knows its operations: the index of all nodes' operations need not be searched for them. */
async function listOfNode(etcd: Reads, uid: string, { limit, after }: OperationQuery, view: View): Promise<OperationPage> {
  const { entries } = await rangeAll(etcd, keys.rollouts, MAX_READ, { isKeysOnly: true });
  const rollouts = new Set(entries.map(({ key }) => key.slice(keys.rollouts.length).split('/')[0] ?? ''));
  const steps = await readSteps(
    etcd,
    [...rollouts].map((rollout) => ({ rollout, uid })),
  );
  const found = steps
    .flatMap((step) => (step === undefined ? [] : triesOf(step)))
    .filter((step) => after === undefined || step.operation < after)
    .toSorted((left, right) => (left.operation < right.operation ? 1 : -1));
  return pageOf(found, limit, view);
}

function pageOf(found: readonly StepTry[], limit: number, view: View): OperationPage {
  const shown = found.slice(0, limit);
  return { operations: shown.map(view), after: found.length > limit ? shown.at(-1)?.operation : undefined };
}

/** In the same order; undefined where there is none. */
async function readSteps(
  etcd: Reads,
  places: readonly { readonly rollout: string; readonly uid: string }[],
): Promise<(StepRecord | undefined)[]> {
  const steps: (StepRecord | undefined)[] = [];
  for (let from = 0; from < places.length; from += STEPS_AT_ONCE) {
    const some = places.slice(from, from + STEPS_AT_ONCE);
    steps.push(...(await Promise.all(some.map(({ rollout, uid }) => readStep(etcd, rollout, uid)))));
  }
  return steps;
}

export async function readStep(etcd: Reads, rollout: string, uid: string): Promise<StepRecord | undefined> {
  const entry = await etcd.get(keys.step(rollout, uid));
  return entry === undefined ? undefined : parseRecord(stepSchema, entry);
}
