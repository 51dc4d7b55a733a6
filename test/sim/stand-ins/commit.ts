import type * as real from '../../../agent/steps/commit.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { demandUnrevoked, mayDisturb } from '../../../agent/operation-context.ts';

const COMMIT_MS = 500;

/** Stands in for agent/steps/commit.ts: no files change, but it asks and records as the real one does. */
export const prepareCommit: typeof real.prepareCommit = async ({ journal, operation }) => {
  await journal.append({ kind: 'planned', operation, planHash: '0'.repeat(64) });
};

export const commitFiles: typeof real.commitFiles = async (context, signal) => {
  await mayDisturb(context, signal);
  context.say('Committing');
  await sleep(COMMIT_MS);
  demandUnrevoked(context);
};

export const restoreFiles: typeof real.restoreFiles = async (context) => {
  context.say('Restoring');
  await sleep(COMMIT_MS);
};

export const loadPlan: typeof real.loadPlan = async () => ({ actions: [], left: [] });

export const demandMounts: typeof real.demandMounts = async () => undefined;

export const otherMountOf: typeof real.otherMountOf = () => undefined;
