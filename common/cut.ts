/** Cuts a text to at most `most` UTF-16 units, never through a character; what was cut shows as "…". */
export function cutText(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Cuts a list that is shown to at most `most` entries, of which the last then says how many more there are; the first ones stay. */
export function cutList(list: readonly string[], most: number): readonly string[] {
  return list.length <= most ? list : [...list.slice(0, most - 1), `and ${list.length - most + 1} more`];
}
