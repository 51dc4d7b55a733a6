/** JSON in which the same content is always the same text: the order in which a map was filled, e.g. labels, says nothing. */
export function canonicalText(content: unknown): string {
  return JSON.stringify(content, (_key, value: unknown) =>
    isMap(value) ? Object.fromEntries(Object.entries(value).toSorted(byKey)) : value,
  );
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function byKey([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}
