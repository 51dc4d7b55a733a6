import { readFileSync } from 'node:fs';

export interface Disturbance {
  readonly node: string;
  readonly beganMs: number;
  readonly endedMs: number;
}

/**
 * Reads what the nodes' own tasks wrote: lines "begin NODE MS" and "end NODE MS", by the machine's uptime, appended to one file.
 * A node whose "end" is missing was disturbed to the end of time.
 */
export function readDisturbances(file: string): readonly Disturbance[] {
  const open = new Map<string, number>();
  const found: Disturbance[] = [];
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const [what, node, ms] = line.split(' ');
    if (node === undefined || ms === undefined) throw new Error(`not a record: ${line}`);
    const began = open.get(node);
    if (what === 'begin') {
      // A task that was cut off and is run again after recovery goes on with the same disturbance.
      if (began === undefined) open.set(node, Number(ms));
    } else if (began !== undefined) {
      open.delete(node);
      found.push({ node, beganMs: began, endedMs: Number(ms) });
    }
  }
  for (const [node, beganMs] of open) found.push({ node, beganMs, endedMs: Number.POSITIVE_INFINITY });
  return found.toSorted((a, b) => a.beganMs - b.beganMs);
}

/** The largest number of nodes that were disturbed at the same moment. */
export function mostAtOnce(disturbances: readonly Disturbance[]): number {
  const edges = disturbances.flatMap((d) => [
    { at: d.beganMs, step: 1 },
    { at: d.endedMs, step: -1 },
  ]);
  // At the same millisecond an end counts before a begin: the records have no finer resolution.
  edges.sort((a, b) => a.at - b.at || a.step - b.step);
  let now = 0;
  let most = 0;
  for (const edge of edges) {
    now += edge.step;
    most = Math.max(most, now);
  }
  return most;
}

/** The same of nodes that are disturbed in several ways at once: each counts once. */
export function mostNodesAtOnce(disturbances: readonly Disturbance[]): number {
  return Math.max(
    0,
    ...disturbances.map(({ beganMs: at }) => {
      return new Set(disturbances.filter((d) => d.beganMs <= at && at < d.endedMs).map(({ node }) => node)).size;
    }),
  );
}
