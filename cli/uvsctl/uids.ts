const uid = /\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;

/** UIDs fill the line and say little to people; `--json` has them whole. */
export function shortUids(text: string): string {
  return text.replaceAll(uid, '$1…');
}

/** The same, where one of the UIDs, the first, is that of a node with a known name: that stands in its place. */
export function nameNode(texts: readonly string[], hostname: string): readonly string[] {
  const [found] = texts.join(' ').match(uid) ?? [];
  const named = found === undefined || hostname === '' ? texts : texts.map((text) => text.replaceAll(found, hostname));
  return named.map(shortUids);
}

/** The name of a step's node; of one that was removed since, and of which nothing but the UID is left, that much. */
export function stepName({ hostname, nodeUid }: { readonly hostname: string; readonly nodeUid: string }): string {
  return hostname === nodeUid ? `removed ${shortUids(nodeUid)}` : hostname;
}
