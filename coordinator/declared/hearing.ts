/** What every agent says with what it reports of a kind of what is declared. */
export interface Report {
  /** Of what it tells of. */
  readonly hash: string;
  /** Why nothing could be done; empty where it was carried out. */
  readonly trouble: string;
}

/** What an agent was told in its session of one kind of what is declared, and what it said of it. */
export interface Hearing<R extends Report> {
  /** Whether the agent takes such from a session. */
  readonly isTaken: boolean;
  /** Of what it was told; undefined: of nothing. */
  hash: string | undefined;
  report: R | undefined;
}

/** The report on what an agent was told last; undefined: it has not answered, or could do nothing. */
export function answered<R extends Report>({ hash, report }: Hearing<R>): R | undefined {
  return report?.hash === hash && report?.trouble === '' ? report : undefined;
}

/**
 * Says how it stands with a node: its report on what holds now, or a sentence why there is none; '' where there is nothing to say.
 * @param wanted what holds for it, and whether that is anything at all
 * @param heard undefined: it has no session, or its agent takes no such thing
 */
export function standingOf<R extends Report>(
  name: string,
  wanted: { readonly hash: string | undefined; readonly isNothing: boolean },
  heard: { readonly told: R | undefined } | undefined,
  isEmpty: (report: R) => boolean,
): { readonly report: R | undefined; readonly message: string } {
  const told = heard?.told;
  // nothing is wanted, and nothing is told but that there is nothing
  if (wanted.isNothing && (told === undefined || isEmpty(told))) return { report: undefined, message: told?.trouble ?? '' };
  const silent = (message: string) => ({ report: undefined, message });
  if (heard === undefined) return silent(`nothing is known: it has no session, or its agent is too old for ${name}`);
  if (told === undefined || told.hash !== wanted.hash) return silent('it was told, and has not answered yet');
  return { report: told, message: told.trouble };
}
