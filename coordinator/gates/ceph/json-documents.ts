/**
 * Splits a text of JSON objects and arrays that follow one another, with nothing but white space between them, into the text of each.
 * @returns undefined where the text is something else
 */
export function jsonDocuments(text: string): readonly string[] | undefined {
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
        if (depth < 0) return undefined;
        if (depth === 0) documents.push(text.slice(start, index + 1));
        break;
      case '"':
        if (depth === 0) return undefined;
        isInString = true;
        break;
      default:
        if (depth === 0 && character.trim() !== '') return undefined;
    }
  }
  return depth === 0 ? documents : undefined;
}
