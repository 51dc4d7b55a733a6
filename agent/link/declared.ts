import type { KeeperLoop, Report } from '../declared/loop.ts';
import type { KeptLimits, WantedLimitsOfNode } from '../limits/kept-limits.ts';
import type { KeptSettings } from '../settings/keeper.ts';
import type { WantedSettings } from '../settings/kept-settings.ts';
import { toProtoLimits, toProtoSettings } from './messages.ts';
import type { Session } from './session.ts';

type Loop<W extends { readonly hash: string }, B extends object> = Pick<KeeperLoop<W, B>, 'take' | 'report'>;

/** What keeps what the cluster declares, by its kind. */
export interface DeclaredLoops {
  /** What the cluster wants of the node's units. */
  readonly limits: Loop<WantedLimitsOfNode, KeptLimits>;
  /** How it wants the machine itself. */
  readonly settings: Loop<WantedSettings, KeptSettings>;
}

/** The same, towards the coordinators. */
export type DeclaredParts = ReturnType<typeof declaredParts>;

export function declaredParts({ limits, settings }: DeclaredLoops, session: Pick<Session, 'send'>) {
  return {
    limits: new DeclaredPart(limits, {
      send: (report) => session.send({ limitsReport: toProtoLimits(report) }),
      withMissed: (report, missed) => ({ ...report, units: rowsWithMissed(report.units, missed.units, ({ unit }) => unit) }),
    }),
    settings: new DeclaredPart(settings, {
      send: (report) => session.send({ settingsReport: toProtoSettings(report) }),
      withMissed: (report, missed) => ({ ...report, settings: rowsWithMissed(report.settings, missed.settings, ({ name }) => name) }),
    }),
  };
}

/** Adds to each row what was put back by the one of the same name that nobody was told. */
function rowsWithMissed<R extends { readonly mended: readonly string[] }>(
  rows: readonly R[],
  missed: readonly R[],
  nameOf: (row: R) => string,
): readonly R[] {
  const mendedBy = new Map(missed.map((row) => [nameOf(row), row.mended]));
  return rows.map((row) => ({ ...row, mended: [...new Set([...(mendedBy.get(nameOf(row)) ?? []), ...row.mended])] }));
}

/** How reports of a kind are told. */
interface Telling<B> {
  /** False where it could not be sent now. */
  readonly send: (report: Report<B>) => boolean;
  /** The report, with what was put back by one of before that could not be sent. */
  readonly withMissed: (report: Report<B>, missed: Report<B>) => Report<B>;
}

/** One kind of what the cluster declares, between the session and the loop that keeps it. @template W what is declared @template B how it stands with it */
class DeclaredPart<W extends { readonly hash: string }, B extends object> {
  readonly #loop: Loop<W, B>;
  readonly #telling: Telling<B>;
  /** Whether the coordinator of this session has declared anything: one of an older version would end the session at a report that it does not know. */
  #isDeclared = false;
  /** Whether the session had no room for what was to be told last; nobody says it again. */
  #isOwed = false;
  /** That for which it had none: what was put back is in no later report of the loop. */
  #missed: Report<B> | undefined;

  constructor(loop: Loop<W, B>, telling: Telling<B>) {
    this.#loop = loop;
    this.#telling = telling;
  }

  /** A session begins, in which nothing was declared yet. */
  begin(): void {
    this.#isDeclared = false;
    this.#isOwed = false;
  }

  /** Takes what the cluster declares, and says how it stands with it where that is kept already. */
  async take(wanted: W): Promise<void> {
    this.#isDeclared = true;
    await this.#loop.take(wanted);
    // what is said of another order was told, and what was put back then would be told as a second change
    if (this.#loop.report?.hash === wanted.hash) this.tell();
  }

  /** Tells the coordinator how it stands; without a session that is done when there is one. */
  tell(): void {
    const { report } = this.#loop;
    if (report === undefined || !this.#isDeclared) return;
    const { send, withMissed } = this.#telling;
    const whole = this.#missed === undefined ? report : withMissed(report, this.#missed);
    this.#isOwed = !send(whole);
    // one that says only why nothing could be done has no rows that would carry it
    if (report.trouble === '') this.#missed = this.#isOwed ? whole : undefined;
  }

  /** Tells what the session had no room for, as while somebody reads the output of an operation. */
  tellOwed(): void {
    if (this.#isOwed) this.tell();
  }
}
