import { InvalidArgumentError, Option, type Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import type { RolloutSpec } from '../../../proto/gen/uvs/v1/RolloutSpec.ts';
import { seconds, wholeNumber } from '../arguments.ts';

export interface PolicyOptions {
  readonly canary?: { readonly nodes: string[]; readonly count: number };
  readonly soak?: number;
  readonly approval?: true;
  readonly onFailure?: 'pause' | 'continue' | 'abort';
  readonly maxFailures?: number;
  readonly rollBackAfter?: number;
}

const day = 86_400;

const failureActions = {
  pause: 'FAILURE_ACTION_PAUSE',
  continue: 'FAILURE_ACTION_CONTINUE',
  abort: 'FAILURE_ACTION_ABORT',
} as const;

/** Adds the options that say which nodes go first, and what happens when one fails. */
export function withPolicy(command: Command): Command {
  return command
    .option('--canary <n|nodes>', 'these nodes, or the first N, go before the others, which follow only when they have succeeded', canaries)
    .option('--soak <duration>', 'how long the others wait after the last canary (0s)', seconds(0, 30 * day))
    .option('--approval', 'after the canaries and their soak, pause until `uvsctl rollouts approve`')
    .addOption(
      new Option('--on-failure <what>', 'what a node that fails, or takes too long, does to the rollout (pause)').choices([
        'pause',
        'continue',
        'abort',
      ]),
    )
    .option('--max-failures <n>', 'with --on-failure continue: pause when more than N nodes have failed', wholeNumber(1, 10_000))
    .option(
      '--roll-back-after <duration>',
      'of a release: a node that is not found healthy for so long goes back to what it had (never)',
      seconds(1, 30 * day),
    );
}

/** @throws UvsError INVALID_ARGUMENT for options that mean nothing without another one */
export function policyOf(options: PolicyOptions): Pick<RolloutSpec, 'canary' | 'onFailure' | 'toleratedFailures' | 'rollBackAfterSeconds'> {
  const { canary, soak, approval, onFailure = 'pause', maxFailures, rollBackAfter } = options;
  if (canary === undefined && (soak !== undefined || approval === true)) {
    throw new UvsError('INVALID_ARGUMENT', `${soak === undefined ? '--approval' : '--soak'} is about canaries, and there are none`, {
      hint: 'Add --canary N or --canary NODE,NODE.',
    });
  }
  if ((onFailure === 'continue') !== (maxFailures !== undefined)) {
    throw new UvsError(
      'INVALID_ARGUMENT',
      maxFailures === undefined
        ? 'it is not said with how many failed nodes the rollout goes on'
        : '--max-failures is about --on-failure continue',
      { hint: 'Give both: --on-failure continue --max-failures N.' },
    );
  }
  return {
    canary:
      canary === undefined
        ? null
        : { nodes: [...canary.nodes], count: canary.count, soakSeconds: soak ?? 0, needsApproval: approval === true },
    onFailure: failureActions[onFailure],
    toleratedFailures: maxFailures ?? 0,
    rollBackAfterSeconds: rollBackAfter ?? 0,
  };
}

function canaries(text: string): { nodes: string[]; count: number } {
  if (/^\d+$/.test(text)) return { nodes: [], count: wholeNumber(1, 10_000)(text) };
  const nodes = text.split(',').map((name) => name.trim());
  if (nodes.includes('')) throw new InvalidArgumentError('It must be a number of nodes, or their names.');
  return { nodes, count: 0 };
}
