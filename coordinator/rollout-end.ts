import type { PlacedStep } from './rollout-situation.ts';

const SHOWN = 3;

/** Says of a rollout that ends well what its operator would not expect: who was left out, who is not well or silent by now, who came too late for it. */
export function describeEnd(steps: readonly PlacedStep[], newcomers: readonly string[]): string {
  const leftOut = steps.filter(({ stage }) => stage === 'skipped');
  const taken = steps.filter(({ isEnrolled, stage }) => stage === 'succeeded' && isEnrolled);
  // whoever has a slot has it for the next rollout
  const ill = taken.filter(({ illness, slot }) => illness !== undefined && slot === undefined);
  const silent = taken.filter(({ illness, isConnected }) => illness === undefined && !isConnected);
  const parts = [
    some(
      'left out',
      leftOut.map(({ hostname, record }) => withReason(hostname, record?.message)),
    ),
    some(
      'not well by now',
      ill.map(({ hostname, illness }) => withReason(hostname, illness)),
    ),
    some(
      'silent by now',
      silent.map(({ hostname }) => hostname),
    ),
    some('came since and not in it', newcomers),
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function withReason(hostname: string, reason: string | undefined): string {
  return reason === undefined || reason === '' ? hostname : `${hostname} (${reason})`;
}

function some(what: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return `${what}: ${names.slice(0, SHOWN).join(', ')}${more}`;
}
