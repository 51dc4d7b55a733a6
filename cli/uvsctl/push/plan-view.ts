import type { Package__Output } from '../../../proto/gen/uvs/v1/Package.ts';
import type { PlannedStep__Output } from '../../../proto/gen/uvs/v1/PlannedStep.ts';
import type { PlanRolloutResponse__Output } from '../../../proto/gen/uvs/v1/PlanRolloutResponse.ts';
import { formatBytes, formatCount, formatDuration } from '../../output/quantity.ts';
import { safeLine } from '../../../common/safe-text.ts';
import { privilegedLines } from '../packages/table.ts';
import { tableLines, type Column } from '../../output/table.ts';
import type { Terminal } from '../../output/terminal.ts';

/** What of a package a plan tells. */
export type Brought = Pick<Package__Output, 'version' | 'privileged' | 'privilegedCount'>;

type PlanColumn = Column<PlannedStep__Output>;

function note({ skipReason, isCanary }: PlannedStep__Output): string {
  if (skipReason !== '') return `skipped: ${skipReason}`;
  return isCanary ? 'canary' : '';
}

const nodeColumns: readonly PlanColumn[] = [
  { title: 'Node Name', cell: (step) => step.hostname },
  { title: 'Role', cell: (step) => step.roles.join(' ') || '-' },
];
const versionColumns: readonly PlanColumn[] = [
  { title: 'From', cell: (step) => step.fromVersion || '-' },
  { title: 'To', cell: (step) => (step.skipReason === '' ? step.toVersion : '-') },
];
const noteColumns: readonly PlanColumn[] = [{ title: 'Note', cell: note, tone: () => 'dim' }];

/** How many nodes of a plan have something to do. */
export function stepsToDo(plan: PlanRolloutResponse__Output): number {
  return plan.steps.filter(({ skipReason }) => skipReason === '').length;
}

/** Says that nobody is left to bring the release to, and how many have it already. @param version undefined for a plan that brings none */
export function nothingToDo({ steps }: PlanRolloutResponse__Output, version: string | undefined): string {
  if (version === undefined) return 'every chosen node is skipped: nothing to do';
  const having = steps.filter(({ hasRelease }) => hasRelease).length;
  const [first] = steps;
  if (steps.length === 1 && first?.hasRelease === true) return `${first.hostname} has ${version} already: nothing to do`;
  if (having === steps.length) return `all ${formatCount(having, 'node')} have ${version} already: nothing to do`;
  return `${having.toLocaleString('en')} of ${formatCount(steps.length, 'node')} have ${version} already, it is not for the others: nothing to do`;
}

/**
 * Prints a plan: the nodes in their order, what would hold it up now, and the sum. `maxRows` spares a person ten thousand lines.
 * @param release undefined for a plan that brings none
 */
export function showPlan(terminal: Terminal, plan: PlanRolloutResponse__Output, release: Brought | undefined, maxRows = Infinity): void {
  const version = release?.version;
  // a rollback brings no version that would be the same for all
  const hasVersions = version !== undefined || plan.steps.some(({ fromVersion, toVersion }) => fromVersion !== toVersion);
  const planColumns = [...nodeColumns, ...(hasVersions ? versionColumns : []), ...noteColumns];
  const shown = plan.steps.slice(0, maxRows);
  const lines = tableLines(planColumns, shown, { columns: terminal.columns(), paint: terminal.paint });
  if (shown.length < plan.steps.length)
    lines.push(`… and ${(plan.steps.length - shown.length).toLocaleString('en')} more; \`uvsctl plan\` shows them all`);
  const skipped = plan.steps.length - stepsToDo(plan);
  const fetch = plan.fetchBytes === '0' ? '' : `, ${formatBytes(Number(plan.fetchBytes))} to fetch in all`;
  lines.push(
    '',
    `${formatCount(stepsToDo(plan), 'node')} ${version === undefined ? 'to do' : `to bring to ${safeLine(version)}`}${skipped === 0 ? '' : `, ${skipped.toLocaleString('en')} skipped`}${fetch}.`,
  );
  if (plan.fetchBytes !== '0') lines.push(stagingText(plan));
  if (plan.waves.length > 0) lines.push(wavesText(plan));
  if (plan.gatesAsked > 0) lines.push(gatesText(plan));
  if (release !== undefined)
    lines.push(...privilegedLines(release).map((program) => terminal.paint('warn', `Brings ${safeLine(program)}`)));
  for (const { kind, message } of plan.blockers) {
    lines.push(terminal.paint('warn', `${kind === 'units' ? 'Not known' : 'Would wait now'} (${safeLine(kind)}): ${safeLine(message)}`));
  }
  terminal.write(`${lines.join('\n')}\n`);
}

/** An answer is of this moment: of the nodes that go much later it would say little. */
function gatesText(plan: PlanRolloutResponse__Output): string {
  const left = stepsToDo(plan) - plan.gatesAsked;
  if (left <= 0)
    return `The gates were asked about ${plan.gatesAsked === 1 ? 'the node' : `all ${plan.gatesAsked} nodes`}, and are again in each one's turn.`;
  const first = plan.gatesAsked === 1 ? 'the first node' : `the first ${plan.gatesAsked} nodes`;
  return `The gates were asked about ${first}; about the other ${left === 1 ? 'one' : left.toLocaleString('en')} they are in their turn.`;
}

/** What comes before anybody is disturbed, or beside it. */
function stagingText({ serveBytesPerSecond, stagingSeconds }: PlanRolloutResponse__Output): string {
  if (serveBytesPerSecond === '0') return 'Staging takes what the network gives: no limit is set (serve_bytes_per_second).';
  return `Staging takes about ${formatDuration(stagingSeconds * 1000)} at ${formatBytes(Number(serveBytesPerSecond))} a second.`;
}

/** "Order: 1 canary, then a soak of 10 min 00 s; 3 mon; 4 osd, 2 at a time. About 14 min 20 s at the pace of the last rollouts, without staging and waits at gates." */
function wavesText(plan: PlanRolloutResponse__Output): string {
  const { waves } = plan;
  const parts = waves.map(({ name, nodes, atOnce, soakSeconds, needsApproval }) => {
    const speed = atOnce > 1 ? `, ${atOnce.toLocaleString('en')} at a time` : '';
    const after = [...(soakSeconds > 0 ? [`a soak of ${formatDuration(soakSeconds * 1000)}`] : []), ...(needsApproval ? ['approval'] : [])];
    const who = name === 'all' ? formatCount(nodes, 'node') : `${nodes.toLocaleString('en')} ${safeLine(name)}`;
    return `${who}${speed}${after.length === 0 ? '' : `, then ${after.join(' and ')}`}`;
  });
  return `Order: ${parts.join('; ')}. ${timeText(plan)}`;
}

function timeText({ waves, fetchBytes, paceOfRelease, taskLimitSeconds }: PlanRolloutResponse__Output): string {
  const limit = taskLimitSeconds === 0 ? '' : `up to ${formatDuration(taskLimitSeconds * 1000)} on each node, by their limits`;
  if (waves.some(({ expectedSeconds }) => expectedSeconds === 0))
    return `How long that takes, the first rollout of this kind will show${limit === '' ? '' : `; the release's own tasks may take ${limit}`}.`;
  const seconds = waves.reduce((sum, { expectedSeconds }) => sum + expectedSeconds, 0);
  const left = [
    ...(fetchBytes === '0' ? [] : ['staging']),
    'waits at gates',
    ...(waves.some(({ needsApproval }) => needsApproval) ? ['approval'] : []),
  ];
  const without = [left.slice(0, -1).join(', '), ...left.slice(-1)].filter((part) => part !== '').join(' and ');
  const about = `About ${formatDuration(seconds * 1000)}`;
  if (paceOfRelease) return `${about} at the pace of nodes that have done this very one, its tasks included, without ${without}.`;
  const own = limit === '' ? '' : ` The release's own tasks, which those did not have, may take ${limit}.`;
  return `${about} at the pace of the last rollouts, without ${without}.${own}`;
}
