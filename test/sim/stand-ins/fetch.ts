import type * as real from '../../../agent/steps/fetch.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { headOf } from '../packages.ts';

const FETCH_MS = 2_000;

/** Stands in for agent/steps/fetch.ts: it takes its time and records what the real one does. */
export const fetchAndStage: typeof real.fetchAndStage = async (context, signal) => {
  const { operation, request, journal } = context;
  if (request === undefined) throw new Error('nothing can be fetched in recovery');
  const { manifest, manifestHash } = headOf(request.packageDigest);
  context.say('Fetching', 1);
  await sleep(FETCH_MS, undefined, { signal });
  const headHash = '0'.repeat(64);
  await journal.append({ kind: 'accepted', operation, manifestHash, version: manifest.version, fromVersion: '', headHash });
  await journal.append({ kind: 'marked', operation, segments: 1, bases: [''] });
  context.head = headOf(request.packageDigest);
};
