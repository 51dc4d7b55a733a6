import { isCovered, reckonedWith, type Part } from '../gate-cover.ts';
import { firstNo } from '../gates/ask.ts';
import type { Mirror } from '../state/mirror.ts';
import { excusedNo, type Answer } from './answer.ts';
import { findNode } from './find-node.ts';
import { gateQuestion, specOf, type Leading } from './leading.ts';

export interface Yes {
  /** To be asked within the transaction: whether the yes is young enough, and holds for what is so by then. */
  readonly holds: (mirror: Mirror) => boolean;
  /** What gates want to be kept, by their names. */
  readonly notes: Readonly<Record<string, string>>;
}

/** Returned by an act that found its yes to hold no more. */
export const VOID = Symbol('void');

type Act = (yes: Yes) => Promise<Answer | typeof VOID>;

/** The gates said no beside somebody who was refused in the end, or their yes has grown old while somebody ahead was waited for. */
const IN_VAIN = Symbol('in vain');

type Outcome = Answer | typeof VOID | typeof IN_VAIN;

interface Asker extends Part {
  /** What it is to be disturbed for. */
  readonly rollout: string | undefined;
}

interface Place extends Part {
  /** Resolves when it leaves the line, with whether it got through. */
  readonly left: Promise<boolean>;
}

/** One is enough for whoever nobody overtakes, two where somebody ahead was refused. */
const TRIES = 30;
/** What gates or a node have said is acted on within this time. */
export const FRESH_MS = 3_000;

/**
 * Those for whom the gates are asked before a grant, or before a begin, in their order. All are asked about at once, each as if those ahead of it had
 * begun already, and let through in that order: so the gates have said yes to each beside everything that has begun by then, and a gate that takes its
 * time is waited for once, not once by each. A no that reckoned with somebody ahead who was refused is asked again without anybody ahead, and so is a
 * yes that has grown old behind somebody about whom a gate keeps silent.
 */
export class GateLine {
  readonly #leading: Leading;
  readonly #moment: 'before-grant' | 'before-begin';
  /** By operation, in their order. */
  readonly #places = new Map<string, Place>();

  constructor(leading: Leading, moment: 'before-grant' | 'before-begin') {
    this.#leading = leading;
    this.#moment = moment;
  }

  /** Those about whom the gates are being asked, or were and somebody ahead has not been answered. */
  parts(): Iterable<Part> {
    return this.#places.values();
  }

  /** Acts once the gates have said yes; where the act finds the yes void they are asked again. @throws what the act throws */
  async pass(part: Asker, signal: AbortSignal, act: Act): Promise<Answer> {
    let isHopeful = true;
    for (let count = 0; count < TRIES; count += 1) {
      const answer = await this.#inPlace(part, isHopeful ? [...this.#places.values()] : [], signal, act);
      if (answer !== VOID && answer !== IN_VAIN) return answer;
      isHopeful = answer === VOID;
    }
    return excusedNo('again and again the yes of the gates was void before it could be used: others began meanwhile, or it had grown old');
  }

  async #inPlace(part: Asker, ahead: readonly Place[], signal: AbortSignal, act: Act): Promise<Outcome> {
    const { promise: left, resolve: leave } = Promise.withResolvers<boolean>();
    const place: Place = { ...part, left };
    this.#places.set(part.operation, place);
    let isThrough = false;
    try {
      const outcome = await this.#ask(part, ahead, signal, act);
      isThrough = typeof outcome === 'object' && outcome.isYes;
      return outcome;
    } finally {
      this.#places.delete(part.operation);
      leave(isThrough);
    }
  }

  async #ask(part: Asker, ahead: readonly Place[], signal: AbortSignal, act: Act): Promise<Outcome> {
    const { clock, gates, ledger } = this.#leading;
    const { mirror } = ledger;
    const reckoned = (now: Mirror): readonly Part[] => reckonedWith(now.slots.values(), this.#moment, part.uid);
    const askedAbout = [...reckoned(mirror), ...ahead];
    const answers = await gates.ask(
      gateQuestion(this.#leading, mirror, this.#moment, findNode(mirror, part.uid), specOf(mirror, part.rollout), ahead),
      signal,
    );
    const answeredMs = clock.monotonicMs();
    const areThrough = await Promise.all(ahead.map((other) => other.left));
    const refusal = firstNo(answers);
    if (refusal !== undefined) return signal.aborted || areThrough.every(Boolean) ? excusedNo(refusal) : IN_VAIN;
    const isFresh = (): boolean => clock.monotonicMs() - answeredMs <= FRESH_MS;
    if (!isFresh()) return IN_VAIN;
    const notes = Object.fromEntries(answers.flatMap(({ name, note }) => (note === undefined ? [] : [[name, note]])));
    // its turn in the ledger may come late
    return await act({ holds: (now) => isFresh() && isCovered(reckoned(now), askedAbout), notes });
  }
}
