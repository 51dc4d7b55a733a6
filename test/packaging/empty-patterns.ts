import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CallExpression, Node, SourceFile } from 'typescript/unstable/ast';
import {
  isArrayLiteralExpression,
  isAsExpression,
  isCallExpression,
  isConditionalExpression,
  isIdentifier,
  isNewExpression,
  isObjectLiteralExpression,
  isParenthesizedExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isSpreadAssignment,
  isSpreadElement,
} from 'typescript/unstable/ast/is';
import { API } from 'typescript/unstable/sync';

const project = fileURLToPath(new URL('../../', import.meta.url));

/** The assertions of tap whose second argument is a pattern: what is empty there is met by everything of its kind. */
const withPattern = new Set(['has', 'hasStrict', 'match', 'matchStrict', 'rejects', 'resolveMatch', 'throws']);

/**
 * Finds what is empty (`[]`, `{}`, `new Map()`, `new Set()`) in patterns that are written out at the assertion.
 * @returns one line for each, "file:line: …"
 */
export function emptyPatternsIn(file: string, source: SourceFile): readonly string[] {
  return callsIn(source).flatMap((call) => {
    const { expression, arguments: given } = call;
    const pattern = given[1];
    if (pattern === undefined || !isPropertyAccessExpression(expression)) return [];
    if (!isIdentifier(expression.expression) || expression.expression.text !== 't' || !withPattern.has(expression.name.text)) return [];
    return emptyIn(pattern).map((empty) => {
      const line = source.getLineAndCharacterOfPosition(empty.getStart(source)).line + 1;
      return `${file}:${line}: ${empty.getText(source)} in the pattern of t.${expression.name.text}`;
    });
  });
}

/** Every source below test/, as the compiler reads it. */
export function parsedTests(): ReadonlyMap<string, SourceFile> {
  return parsed(globSync('test/**/*.ts', { cwd: project }).toSorted(), {});
}

/**
 * Parses sources without looking at what they import, which takes three times as long.
 * @param texts the sources that are no files
 */
export function parsed(files: readonly string[], texts: Readonly<Record<string, string>>): ReadonlyMap<string, SourceFile> {
  const config = `${project}parsed.json`;
  const options = { noResolve: true, noLib: true, types: [], allowImportingTsExtensions: true, noEmit: true };
  const given = new Map(Object.entries(texts).map(([file, text]) => [`${project}${file}`, text]));
  given.set(config, JSON.stringify({ compilerOptions: options, files }));
  const api = new API({
    cwd: project,
    fs: { readFile: (path) => given.get(path), fileExists: (path) => (given.has(path) ? true : undefined) },
  });
  try {
    const program = api.updateSnapshot({ openProjects: [config] }).getProject(config)?.program;
    const sources = new Map<string, SourceFile>();
    for (const file of files) {
      const source = program?.getSourceFile(`${project}${file}`);
      if (source === undefined) throw new Error(`${file} was not parsed`);
      sources.set(file, source);
    }
    return sources;
  } finally {
    api.close();
  }
}

function callsIn(node: Node): readonly CallExpression[] {
  const calls: CallExpression[] = [];
  const visit = (each: Node): void => {
    if (isCallExpression(each)) calls.push(each);
    each.forEachChild(visit);
  };
  visit(node);
  return calls;
}

/** What is empty in a literal, at any depth; what is computed is not looked into. */
function emptyIn(node: Node): readonly Node[] {
  if (isParenthesizedExpression(node) || isAsExpression(node) || isSpreadElement(node) || isSpreadAssignment(node)) {
    return emptyIn(node.expression);
  }
  if (isConditionalExpression(node)) return [...emptyIn(node.whenTrue), ...emptyIn(node.whenFalse)];
  if (isPropertyAssignment(node)) return emptyIn(node.initializer);
  const parts = partsOf(node);
  return parts?.length === 0 ? [node] : (parts ?? []).flatMap(emptyIn);
}

/** @returns undefined for what is no collection that is written out */
function partsOf(node: Node): readonly Node[] | undefined {
  if (isArrayLiteralExpression(node)) return node.elements;
  if (isObjectLiteralExpression(node)) return node.properties;
  if (!isNewExpression(node) || !isIdentifier(node.expression) || !/^(?:Map|Set)$/u.test(node.expression.text)) return undefined;
  return node.arguments ?? [];
}
