import type { DrainRecord, DrainState } from './domain.ts';

/** A drain as shown; stuck: the gate could not take back what it has set, and is asked again and again. */
export interface DrainView extends DrainRecord {
  readonly hostname: string;
  readonly shownAs: DrainState | 'stuck';
}

export const shownDrainStates = ['setting', 'set', 'restoring', 'stuck'] as const satisfies readonly DrainView['shownAs'][];

const NODES_SHOWN = 3;

/** Says in one sentence for whom something is left set, and why; empty where nothing is. */
export function describeStuck(drains: readonly DrainView[]): string {
  const stuck = drains.filter(({ shownAs }) => shownAs === 'stuck');
  if (stuck.length === 0) return '';
  const shown = stuck.slice(0, NODES_SHOWN).map(({ hostname, stuck: why }) => `${hostname} (${why?.reason ?? 'no reason was given'})`);
  const more = stuck.length > NODES_SHOWN ? ` and ${stuck.length - NODES_SHOWN} more` : '';
  return `what gates have set can't be taken back for ${shown.join(', ')}${more}: see "uvsctl gates list"`;
}
