/** The text of each document; `strayAt`: where something else begins, or a document that does not end. */
export type JsonDocuments = { readonly documents: readonly string[] } | { readonly strayAt: number };

/** Splits a text of JSON objects and arrays that follow one another, with nothing but white space between them, into the text of each. */
export function jsonDocuments(text: string): JsonDocuments {
  const documents: string[] = [];
  let depth = 0;
  let start = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (isInString) {
      if (character === '\\') index += 1;
      else if (character === '"') isInString = false;
      continue;
    }
    switch (character) {
      case '{':
      case '[':
        if (depth === 0) start = index;
        depth += 1;
        break;
      case '}':
      case ']':
        depth -= 1;
        if (depth < 0) return { strayAt: index };
        if (depth === 0) documents.push(text.slice(start, index + 1));
        break;
      case '"':
        if (depth === 0) return { strayAt: index };
        isInString = true;
        break;
      default:
        if (depth === 0 && character.trim() !== '') return { strayAt: index };
    }
  }
  return depth === 0 ? { documents } : { strayAt: start };
}

/** Strings first, so that no word within one is taken for a number. */
const STRING_OR_WORD = /"(?:[^"\\]+|\\.)*"|-?\b(?:inf|nan|Infinity|NaN)\b/gu;

/**
 * Parses JSON in which numbers may be none: Ceph prints an infinite one as `inf` (the read_balance scores of `osd dump` in 18.2 before 18.2.5), its
 * Python modules as `Infinity`. They become null. @throws SyntaxError
 */
export function parseLooseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(text.replaceAll(STRING_OR_WORD, (found) => (found.startsWith('"') ? found : 'null')));
  }
}
