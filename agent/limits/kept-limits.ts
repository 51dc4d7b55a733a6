import * as v from 'valibot';
import { agentBounds } from '../../common/agent-bounds.ts';
import { toUvsError, UvsError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { unitPattern } from '../../common/unit-pattern.ts';
import type { Keeping, Report } from '../declared/loop.ts';
import { TroubleLog } from '../declared/troubles.ts';
import { storedAt } from '../stored.ts';
import type { StateDirectory } from '../state-directory.ts';
import type { LimitedUnit, LimitKeeper } from './keeper.ts';
import { limitRule } from './wanted.ts';

const unit = v.pipe(
  v.string(),
  v.check((text) => unitPattern(text) === text && text.endsWith('.service')),
);

/** Limits as a coordinator tells them, and as they are stored; what their values mean is judged when they are carried out. */
export const limitsSchema = v.object({
  hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  rules: v.pipe(
    v.array(v.object({ unit, values: v.record(v.pipe(v.string(), v.maxLength(64)), v.pipe(v.string(), v.maxLength(64))) })),
    v.maxLength(agentBounds.limitRules),
  ),
});

/** Limits of which a coordinator asks what would be refused. */
export const limitRulesSchema = limitsSchema.entries.rules;

export type WantedLimitsOfNode = v.InferOutput<typeof limitsSchema>;

export interface KeptLimits {
  readonly units: readonly LimitedUnit[];
}

/** What is told of the limits of the node. */
export type ReportedLimits = Report<KeptLimits>;

/** What the node would refuse of limits that nobody has set. */
export interface ForeseenLimits {
  /** By unit, why. */
  readonly refused: ReadonlyMap<string, string>;
  /** Why nothing could be done; '' where they would be carried out. */
  readonly trouble: string;
}

/** Questions that wait for the one before; who asks gives each ten seconds. */
const MOST_WAITING = 4;

/**
 * Says what of some rules would be refused; nothing is changed. One question after the other, and few: each has programs run for each rule.
 * @param keeper a sentence where no limits are set on this node: why
 */
export function foreseenLimits(
  keeper: Pick<LimitKeeper, 'foresee'> | string,
): (rules: WantedLimitsOfNode['rules']) => Promise<ForeseenLimits> {
  const nothing = new Map<string, string>();
  let before: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const foresee = async (rules: WantedLimitsOfNode['rules']): Promise<ForeseenLimits> => {
    if (typeof keeper === 'string') return { refused: nothing, trouble: rules.length === 0 ? '' : keeper };
    try {
      return { refused: await keeper.foresee(rules.map(({ unit: pattern, values }) => limitRule(pattern, values))), trouble: '' };
    } catch (error) {
      return { refused: nothing, trouble: toUvsError(error).message };
    }
  };
  return async (rules) => {
    if (waiting >= MOST_WAITING) return { refused: nothing, trouble: 'too many previews at once: ask again' };
    waiting += 1;
    const answer = before.then(() => foresee(rules));
    before = answer;
    return await answer.finally(() => (waiting -= 1));
  };
}

/** How the limits of this node's services are kept. @param keeper a sentence where no limits are set on this node: why */
export function keptLimits(
  state: Pick<StateDirectory, 'path'>,
  keeper: Pick<LimitKeeper, 'keep'> | string,
  log: Logger,
): Keeping<WantedLimitsOfNode, KeptLimits> {
  const troubles = new TroubleLog('limits', log);
  return {
    name: 'limits',
    stored: storedAt(state.path, 'limits.json', limitsSchema, {
      reason: 'CONFIG_INVALID',
      hint: 'The leading coordinator tells the limits again.',
    }),
    isNothing: ({ rules }) => rules.length === 0,
    nothing: { units: [] },
    mendedIn: ({ units }) => units.filter(({ mended }) => mended.length > 0).length,
    keep:
      typeof keeper === 'string'
        ? keeper
        : async ({ rules }) => {
            const units = await keeper.keep(rules.map(({ unit: pattern, values }) => limitRule(pattern, values)));
            const [left] = units;
            // with nothing to keep it would not be looked at again
            if (rules.length === 0 && left !== undefined) throw new UvsError('SERVICE_FAILED', `${left.unit}: ${left.message}`);
            for (const { unit: name, mended } of units)
              if (mended.length > 0) log.warn({ unit: name, limits: mended }, 'limits that somebody had changed were put back');
            troubles.note(units.map(({ unit: name, state: standing, message }) => ({ name, state: standing, message })));
            return { units };
          },
  };
}
