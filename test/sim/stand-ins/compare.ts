import type * as real from '../../../agent/accepted/compare.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { stateOf } from '../../../agent/operation-context.ts';
import { loadHead } from './head.ts';

const READ_MS = 500;

/** Stands in for agent/accepted/compare.ts: no files change, and the operator has left those that fit how far the operation came. */
export const compareFiles: typeof real.compareFiles = async (context) => {
  const { action, accepted, reached } = stateOf(context);
  if (action !== undefined) return { kind: 'untouched' };
  if (accepted === undefined) return { kind: 'unknown', why: 'this agent remembers nothing of the operation' };
  if (!reached.has('committing')) return { kind: 'untouched' };
  await sleep(READ_MS);
  if (reached.has('back')) return { kind: 'before', isGoal: false };
  await loadHead(context, accepted.headHash);
  return { kind: 'goal' };
};
