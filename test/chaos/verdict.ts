import { mostAtOnce, type Disturbance } from '../support/overlaps.ts';
import type { End, Mark } from './marks.ts';

export interface PushedRelease {
  readonly mode: 'rolling' | 'parallel';
  readonly budget: number;
}

/** A time in which nothing from a node could reach any coordinator. */
export interface Absence {
  readonly node: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Evidence {
  readonly marks: readonly Mark[];
  readonly ends: readonly End[];
  readonly releases: ReadonlyMap<string, PushedRelease>;
  readonly clusterBudget: number;
  readonly monitors: ReadonlySet<string>;
  readonly absences: readonly Absence[];
  /** A node that has been absent for so long must count as down when another one begins. */
  readonly forgivenMs: number;
}

export interface Verdict {
  readonly violations: readonly string[];
  readonly disturbances: number;
  readonly mostAtOnce: number;
  readonly mostRolling: number;
}

interface Disturbed extends Disturbance {
  readonly operation: string;
  readonly version: string;
}

/**
 * Judges what the nodes themselves recorded. A node is disturbed from the first mark of an operation until its agent says that it has
 * ended; one that never says so is disturbed to the end of time.
 */
export function judge(evidence: Evidence): Verdict {
  const { marks, ends, releases } = evidence;
  const violations: string[] = [];
  const endOf = new Map<string, number>();
  for (const { node, operation, outcome, atMs } of ends) {
    const known = endOf.get(`${node} ${operation}`);
    // the same end is told again after each start until somebody has heard it
    if (outcome !== 'needs-operator' && (known === undefined || atMs < known)) endOf.set(`${node} ${operation}`, atMs);
  }
  const disturbed = new Map<string, Disturbed>();
  for (const { moment, node, operation, version, atMs } of marks.toSorted((a, b) => a.atMs - b.atMs)) {
    const key = `${node} ${operation}`;
    const endedMs = endOf.get(key) ?? Number.POSITIVE_INFINITY;
    if (atMs > endedMs + RESOLUTION_MS) violations.push(`${node} ran ${moment} of ${operation} ${atMs - endedMs} ms after it had ended`);
    if (!disturbed.has(key)) disturbed.set(key, { node, operation, version, beganMs: atMs, endedMs });
  }
  const all = [...disturbed.values()];
  for (const one of all) violations.push(...broken(one, all, evidence));
  const rolling = [...releases].filter(([, { mode }]) => mode === 'rolling').map(([version]) => version);
  const most = rolling.map((version) => mostAtOnce(all.filter((one) => one.version === version)));
  return { violations, disturbances: all.length, mostAtOnce: mostAtOnce(all), mostRolling: Math.max(0, ...most) };
}

/** Of /proc/uptime, with which the tasks mark. */
const RESOLUTION_MS = 20;

/** What a node's beginning broke. */
function* broken(one: Disturbed, all: readonly Disturbed[], evidence: Evidence): Iterable<string> {
  const { releases, clusterBudget, monitors, absences, forgivenMs } = evidence;
  const release = releases.get(one.version);
  if (release === undefined) {
    yield `${one.node} was disturbed for ${one.version}, which nobody pushed`;
    return;
  }
  const { beganMs } = one;
  const others = all.filter((other) => other.node !== one.node && other.beganMs <= beganMs && other.endedMs > beganMs + RESOLUTION_MS);
  const own = others.filter(({ version }) => version === one.version);
  const who = `${one.node} (${one.operation} of ${one.version}) began at ${beganMs}`;
  const limit = release.mode === 'rolling' ? 1 : release.budget;
  if (own.length + 1 > limit) yield `${who} in a ${release.mode} rollout of ${limit} beside ${list(own)}`;
  const clusterLimit = release.mode === 'parallel' ? Math.max(clusterBudget, release.budget) : clusterBudget;
  const isNear = ({ fromMs, toMs }: Absence): boolean => fromMs <= beganMs && toMs >= beganMs - forgivenMs;
  // one that slept on its yes holds its slot all the while; who went away meanwhile could not be known
  const hasSlept = absences.some((absence) => absence.node === one.node && isNear(absence));
  const isGone = ({ fromMs, toMs }: Absence): boolean => fromMs <= beganMs - forgivenMs && toMs >= beganMs;
  const absent = hasSlept ? [] : absences.filter((absence) => absence.node !== one.node && isGone(absence));
  const down = new Set([...others, ...absent].map(({ node }) => node));
  if (down.size + 1 > clusterLimit) {
    yield `${who} against a limit of ${clusterLimit} beside ${list(others)}, absent: ${absent.map(({ node }) => node).join(', ') || 'none'}`;
  }
  const downMonitors = [...down].filter((node) => monitors.has(node)).length + (monitors.has(one.node) ? 1 : 0);
  if (monitors.size > 0 && monitors.size - downMonitors < Math.floor(monitors.size / 2) + 1) {
    yield `${who} with ${downMonitors} of ${monitors.size} monitors down`;
  }
}

function list(disturbed: readonly Disturbed[]): string {
  return (
    disturbed.map(({ node, operation, beganMs, endedMs }) => `${node} (${operation}, ${beganMs} to ${endedMs})`).join(', ') || 'nobody'
  );
}
