import { toUvsError, UvsError } from '../../common/errors.ts';
import { concerned, prepareInstalled, rememberRelease } from '../installed.ts';
import { isBeforeSlot } from '../operation-machine.ts';
import type { NodeOperations } from '../node-operations.ts';
import { manifestOf, stateOf, type OperationContext } from '../operation-context.ts';
import { prepareInstalledEnd, recordEnd, recordInstalled, recordTakenBack, settleEnd } from '../operation-end.ts';
import { whyNeeded } from '../operator-needed.ts';
import { backOf } from '../retained/back.ts';
import { compareFiles, type FilesThere, type MixedPath } from './compare.ts';
import type { Mixture } from './mixture.ts';
import { recoverFirst } from './recover-first.ts';

/** Of the paths of a mixture: in a message, and in the operation's output. */
const NAMED = 3;
const LISTED = 200;

/** What an operator says of a node whose operation needed one. */
export interface OperatorsWord {
  /** May be empty. */
  readonly reason: string;
  /** The node is in order although its files are of no one release. */
  readonly isMixed: boolean;
}

/**
 * Ends an operation that needs an operator as failed, on the operator's word that the node is in order. Which release's files are there is compared
 * first, and is what the node remembers as installed from then on; with a mixture it remembers that as well. That end is reported and acknowledged like
 * any other, for the coordinator may not have heard of the operation's own, or keeps the slot because of it. One that was interrupted is recovered
 * first; where that can't be done, or comes to no end without an operator, it needs one from then on, and is ended by asking once more.
 * @returns `recovered` where it came to an end by itself, `ended` where it had: the operator's word was not needed, and counts for nothing
 * @throws UvsError NOT_FOUND; CONFLICT where the files are a mixture and the operator has not said so: nothing was recorded; see recoverFirst
 */
export async function settle(
  operations: NodeOperations,
  operation: string,
  word: OperatorsWord,
): Promise<'ended' | 'recovered' | 'accepted' | 'needs-operator' | 'given-up'> {
  const known = operations.all().get(operation);
  if (known !== undefined && known.phase !== 'needs-operator' && !isBeforeSlot(known.phase)) {
    // what needs an operator only since this moment nobody has looked at yet
    return await recoverFirst(operations, known);
  }
  const state = operations.all().get(operation);
  if (state?.ended?.outcome !== 'needs-operator') throw new UvsError('NOT_FOUND', `no operation ${operation} needs an operator here`);
  await using context = await operations.context(operation, undefined);
  const there = await look(context, word);
  if (there.kind === 'mixed') list(context, there.paths, !word.isMixed);
  if (there.kind === 'mixed' && !word.isMixed) throw refusal(context, there.paths);
  const found = finding(context, there);
  const said = `an operator accepted the node as it is${word.reason === '' ? '' : ` (${word.reason})`}${found === '' ? '' : `: ${found}`}`;
  context.tell(said);
  await record(context, there, `NEEDS_OPERATOR: ${said}, after ${whyNeeded(state.ended.message)}`);
  await settleEnd(context);
  return 'accepted';
}

/** What can't be compared at all must not keep an operator from ending it who says what it is. @throws UvsError CONFLICT */
async function look(context: OperationContext, { isMixed }: OperatorsWord): Promise<FilesThere> {
  try {
    return await compareFiles(context);
  } catch (error) {
    const why = toUvsError(error).message;
    if (isMixed) return { kind: 'unknown', why };
    throw new UvsError('CONFLICT', `which release's files are there can't be told: ${why}`, {
      cause: error,
      hint: 'Mend that and accept it again; or add --mixed: the node then says that its files may be a mixture, and originals that are kept are removed.',
    });
  }
}

async function record(context: OperationContext, there: FilesThere, message: string): Promise<void> {
  const { action } = stateOf(context);
  switch (there.kind) {
    case 'goal':
      if (action !== undefined) return await recordTakenBack(context, 'failed', message);
      await prepareInstalledEnd(context);
      return await recordInstalled(context, 'failed', message);
    case 'untouched':
    case 'before':
      return await recordEnd(context, 'failed', message);
    case 'mixed':
    case 'unknown':
      return await recordEnd(context, 'failed', message, await mixtureOf(context, finding(context, there)));
    default:
      there satisfies never;
  }
}

/** What the node's files are, as the end of a sentence. */
function finding(context: OperationContext, there: FilesThere): string {
  const { action, accepted } = stateOf(context);
  const { version = '', fromVersion = '' } = accepted ?? {};
  const stays = fromVersion === '' ? 'nothing was installed before' : `${fromVersion} stays installed`;
  switch (there.kind) {
    case 'goal':
      return action === undefined
        ? `every file is as ${version} brings it, which is installed now`
        : `every file is as before ${fromVersion}, which is taken back now: ${version} is installed`;
    case 'before':
      // its tasks may have done what may not be done twice
      return there.isGoal
        ? `every file is as before, and as ${version} brings it: ${stays}, and ${version} runs its tasks once more if it comes again`
        : `every file is as before, ${stays}`;
    case 'untouched':
      return accepted === undefined ? '' : `it had changed no file, ${stays}`;
    case 'unknown':
      return `which release's files are there is not known: ${there.why}`;
    case 'mixed':
      return `the files are a mixture of ${fromVersion === '' ? 'what was before' : fromVersion} and ${version}: ${parts(version, there.paths)}`;
    default:
      return there satisfies never;
  }
}

/** "2 paths are as 2.14.2 has them (opt/a, opt/b), 1 as before (opt/c), 1 is neither (opt/d has mode 600, not 644)" */
function parts(version: string, paths: readonly MixedPath[]): string {
  const of = (is: MixedPath['is']): readonly MixedPath[] => paths.filter((path) => path.is === is);
  const [goal, before, neither] = [of('goal'), of('before'), of('neither')];
  return [
    goal.length === 0 ? '' : `${goal.length} as ${version} has them (${named(goal.map(({ path }) => path))})`,
    before.length === 0 ? '' : `${before.length} as before (${named(before.map(({ path }) => path))})`,
    neither.length === 0 ? '' : `${neither.length} neither (${named(neither.map(({ path, what }) => `${path} ${what}`))})`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function named(texts: readonly string[]): string {
  return `${texts.slice(0, NAMED).join(', ')}${texts.length > NAMED ? ` and ${texts.length - NAMED} more` : ''}`;
}

/**
 * Path by path, with where what would put it right lies: on the screen, and in the operation's output.
 * @param keeps whether what is kept stays: it goes where the mixture is accepted
 */
function list(context: OperationContext, paths: readonly MixedPath[], keeps: boolean): void {
  const version = stateOf(context).accepted?.version ?? '';
  for (const path of paths.slice(0, LISTED)) {
    const state = { goal: `is as ${version} has it`, before: 'is as before', neither: `is neither: it ${path.what}` }[path.is];
    const before = path.is !== 'before' && path.act === 'brought' ? ['before there was nothing'] : [];
    context.tell([`${path.path} ${state}`, ...before, ...(keeps ? sourcesOf(path, version) : [])].join('; '));
  }
  if (paths.length > LISTED) context.tell(`and ${paths.length - LISTED} more paths`);
}

/** Where what would put a path right is, and where nothing is kept of it, what has it. */
function sourcesOf({ path, is, act, originalAt, stagedAt }: MixedPath, version: string): string[] {
  const isLost = is === 'neither' && originalAt === undefined && stagedAt === undefined;
  if (isLost && (act === 'brought' || act === 'replaced'))
    return [`nothing of it is kept: \`upd cat PACKAGE ${path}\`, with the package of ${version}, has what was to come`];
  if (isLost && act === 'removed') return [`nothing of it is kept, and ${version} has nothing there`];
  return [
    ...(is === 'before' || originalAt === undefined ? [] : [`the original is ${originalAt}`]),
    ...(stagedAt === undefined ? [] : [`what was to come is ${stagedAt}`]),
  ];
}

function refusal(context: OperationContext, paths: readonly MixedPath[]): UvsError {
  const { accepted, bases } = stateOf(context);
  const version = accepted?.version ?? '';
  const areas = bases.filter((base) => context.staging.isThere(base)).map((base) => context.staging.path(base));
  const kept =
    areas.length === 0 ? 'no originals are kept' : `originals and staged files are kept in ${areas.join(' and ')}: above it says of what`;
  const right = `Put them right, all as ${version} has them or all as before (${kept}), and accept it again.`;
  const orMixed = `Or add --mixed: the node then says that its files are a mixture until a full release has come, and what is kept is removed.`;
  return new UvsError('CONFLICT', `the node's files are of no one release: ${parts(version, paths)}`, { hint: `${right} ${orMixed}` });
}

async function mixtureOf(context: OperationContext, found: string): Promise<Mixture> {
  const { operation, state } = context;
  const { action, accepted } = stateOf(context);
  const sentence = `since ${operation}, which an operator accepted, ${found}`;
  // a manifest is stored below, also on a node on which nothing was ever installed
  const { releases } = await prepareInstalled(state);
  const hashes = (some: typeof releases): string[] => some.map(({ manifestHash }) => manifestHash);
  const nothingKnown = { operation, components: [], releases: hashes(releases), manifestHash: '', put: [], sentence };
  if (accepted === undefined) return nothingKnown;
  if (action?.kind === 'rollback') {
    const back = await backOf(context).catch(() => undefined);
    if (back === undefined) return { ...nothingKnown, releases: [action.release] };
    const { components } = back.entry;
    return { ...nothingKnown, components, releases: [action.release], put: hashes(concerned(back.record.before.releases, components)) };
  }
  if (context.head === undefined) return { ...nothingKnown, manifestHash: accepted.manifestHash };
  await rememberRelease(state, accepted.manifestHash, context.head);
  const components = Object.keys(manifestOf(context).components);
  const { manifestHash } = accepted;
  return { ...nothingKnown, components, releases: hashes(concerned(releases, components)), manifestHash, put: [manifestHash] };
}
