/** Cuts a text to at most `most` UTF-16 units, never through a character; what was cut shows as "…". */
export function cutText(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
