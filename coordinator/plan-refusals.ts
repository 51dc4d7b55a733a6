import { UvsError, type Reason } from '../common/errors.ts';
import { describeAction } from '../common/node-action.ts';
import type { NodeRecord } from './domain.ts';
import type { Refusal } from './fits.ts';
import type { PlanQuestion } from './plan.ts';

/** A selected node that can't take what is planned. */
export interface LeftOut {
  readonly node: NodeRecord;
  readonly refusal: Refusal;
}

type Asked = Pick<PlanQuestion, 'pkg' | 'spec'>;

/** Different refusals that an error tells, and other nodes that it names for each. */
const REFUSALS_SHOWN = 5;
const NAMES_SHOWN = 3;

/** Refuses a plan with nodes that were named and can't take it: all of them, each with its own reason, because one alone would show the next only then. */
export function namedCannot(question: Asked, refused: readonly LeftOut[]): UvsError {
  const decisive = refused.find(({ refusal }) => refusal.reason !== 'NOT_ALLOWED_NOW') ?? refused[0];
  if (decisive === undefined) return new UvsError('INTERNAL', 'nodes were refused, and none is known');
  const { node, refusal } = decisive;
  const details = { node: node.uid, hostname: node.hostname, ...packageDetail(question) };
  const message =
    refused.length === 1
      ? `${node.hostname} cannot ${task(question)}: ${refusal.message}`
      : `${refused.length} of the named nodes cannot ${task(question)}: ${told(refused, refusal.reason)}`;
  return new UvsError(refusal.reason, message, { hint: refusal.hint, details });
}

/** Refuses a plan in which every selected node is left out, and some should have the release and have not. */
export function nobodyCan(question: Asked, left: readonly LeftOut[]): UvsError {
  const lacking = left.filter(({ refusal }) => !refusal.isInstalled);
  const reason = decidingReason(lacking);
  const settled = question.spec.goal.kind === 'rollback' ? 'do not have it' : 'already have it';
  const others = lacking.length < left.length ? `; of the ${left.length} selected, ${left.length - lacking.length} ${settled}` : '';
  return new UvsError(reason, `none of the selected nodes can ${task(question)}: ${told(lacking, reason)}${others}`, {
    hint: lacking.find(({ refusal }) => refusal.reason === reason)?.refusal.hint ?? 'Select other nodes.',
    details: packageDetail(question),
  });
}

/** What it is about, as the end of a sentence: "take uvs 2.14.17", "do this: reboot". */
function task({ pkg, spec: { goal } }: Asked): string {
  if (goal.kind === 'rollback') return describeAction(goal);
  if (goal.kind !== 'release') return `do this: ${describeAction(goal)}`;
  return pkg === undefined ? 'take the release' : `take ${pkg.product} ${pkg.version}`;
}

function packageDetail({ pkg }: Asked): { readonly package?: string } {
  return pkg === undefined ? {} : { package: pkg.digest };
}

/** Every refusal once, with its nodes: those of the reason that decides, one of each other reason, the rest. */
function told(lacking: readonly LeftOut[], reason: Reason): string {
  const groups = Map.groupBy(lacking, ({ refusal }) => refusal.message);
  const firsts = [...groups.values()].flatMap(([first]) => (first === undefined ? [] : [first]));
  const decidingFirst = [
    ...firsts.filter(({ refusal }) => refusal.reason === reason),
    ...firsts.filter(({ refusal }) => refusal.reason !== reason),
  ];
  const oneOfEach = [...Map.groupBy(decidingFirst, ({ refusal }) => refusal.reason).values()].flatMap(([first]) =>
    first === undefined ? [] : [first],
  );
  const shown = [...new Set([...oneOfEach, ...decidingFirst])].slice(0, REFUSALS_SHOWN);
  let named = 0;
  const parts = shown.map(({ node, refusal }) => {
    const alike = (groups.get(refusal.message) ?? []).filter((other) => other.node !== node);
    named += 1 + alike.length;
    return `${node.hostname} ${refusal.message}${likewise(alike)}`;
  });
  return [...parts, ...(named < lacking.length ? [`and ${lacking.length - named} more`] : [])].join('; ');
}

function likewise(alike: readonly LeftOut[]): string {
  if (alike.length === 0) return '';
  const names = alike.slice(0, NAMES_SHOWN).map(({ node }) => node.hostname);
  const more = alike.length > names.length ? ` and ${alike.length - names.length} more` : '';
  return ` (likewise ${names.join(', ')}${more})`;
}

/** The reason by which a mixture is judged: what may pass comes before what does not, and last comes that the package is for others. */
function decidingReason(lacking: readonly LeftOut[]): Reason {
  const reasons = new Set(lacking.map(({ refusal }) => refusal.reason));
  if (reasons.has('NOT_ALLOWED_NOW')) return 'NOT_ALLOWED_NOW';
  return [...reasons].find((reason) => reason !== 'TARGET_MISMATCH') ?? 'TARGET_MISMATCH';
}
