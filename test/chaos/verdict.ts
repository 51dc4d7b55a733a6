import { mostAtOnce, type Disturbance } from '../support/overlaps.ts';
import type { End, Mark } from './marks.ts';

export interface PushedRelease {
  readonly mode: 'rolling' | 'parallel';
  readonly budget: number;
}

/** A time in which nothing from a node could reach any coordinator, or in which a member of etcd did nothing. */
export interface Absence {
  readonly machine: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A time in which an agent was stopped, right after its operation was seen to have begun. */
export interface Sleep {
  readonly node: string;
  readonly operation: string;
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
  readonly membersAway: readonly Absence[];
  /** When operations were seen to have begun: what was decided about a node was decided then, however late it acts. */
  readonly begunMs: ReadonlyMap<string, number>;
  /** A node that has been absent for so long must count as down when another one begins; and a member of etcd must be missed. */
  readonly forgivenMs: number;
  readonly sleeps: readonly Sleep[];
}

export interface Verdict {
  readonly violations: readonly string[];
  readonly disturbances: number;
  readonly mostAtOnce: number;
  readonly mostRolling: number;
  /** How long each agent slept that was stopped between its yes and its first act, as its first mark shows. */
  readonly sleptOnYesMs: readonly number[];
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
  const hasActedBefore = ({ node, operation, toMs }: Sleep): boolean => (disturbed.get(`${node} ${operation}`)?.beganMs ?? toMs) < toMs;
  const sleptOnYesMs = evidence.sleeps.filter((one) => !hasActedBefore(one)).map(({ fromMs, toMs }) => toMs - fromMs);
  return { violations, disturbances: all.length, mostAtOnce: mostAtOnce(all), mostRolling: Math.max(0, ...most), sleptOnYesMs };
}

/** Of /proc/uptime, with which the tasks mark. */
const RESOLUTION_MS = 20;

/** What a node's beginning broke. */
function* broken(one: Disturbed, all: readonly Disturbed[], evidence: Evidence): Iterable<string> {
  const { releases, clusterBudget, monitors, absences, membersAway, forgivenMs } = evidence;
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
  const decidedMs = Math.min(beganMs, evidence.begunMs.get(one.operation) ?? beganMs);
  const isGone = ({ fromMs, toMs }: Absence): boolean => fromMs <= decidedMs - forgivenMs && toMs >= decidedMs;
  const absent = absences.filter((absence) => absence.machine !== one.node && isGone(absence)).map(({ machine }) => machine);
  const down = new Set([...others.map(({ node }) => node), ...absent]);
  if (down.size + 1 > clusterLimit) {
    yield `${who} against a limit of ${clusterLimit} beside ${list(others)}, absent: ${absent.join(', ') || 'nobody'}`;
  }
  const downMonitors = [...down].filter((node) => monitors.has(node)).length + (monitors.has(one.node) ? 1 : 0);
  if (monitors.size > 0 && monitors.size - downMonitors < Math.floor(monitors.size / 2) + 1) {
    yield `${who} with ${downMonitors} of ${monitors.size} monitors down`;
  }
  const missed = membersAway.filter(isGone).map(({ machine }) => machine);
  if (missed.length > 0) yield `${who} without ${missed.join(', ')} of etcd`;
}

function list(disturbed: readonly Disturbed[]): string {
  return (
    disturbed.map(({ node, operation, beganMs, endedMs }) => `${node} (${operation}, ${beganMs} to ${endedMs})`).join(', ') || 'nobody'
  );
}
