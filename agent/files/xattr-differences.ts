import { isGivenBySystem, type Xattrs } from '../../common/xattr-dump.ts';

export interface XattrDifference {
  readonly name: string;
  readonly problem: 'missing' | 'different' | 'undeclared';
}

/** Compares the attributes of a path with those that a release declares; what the system gives by itself counts only where it is declared. */
export function differences(declared: Xattrs, found: Xattrs): readonly XattrDifference[] {
  const result: XattrDifference[] = [];
  for (const [name, value] of Object.entries(declared)) {
    if (found[name] === undefined) result.push({ name, problem: 'missing' });
    else if (found[name] !== value) result.push({ name, problem: 'different' });
  }
  for (const name of Object.keys(found)) {
    if (declared[name] === undefined && !isGivenBySystem(name)) result.push({ name, problem: 'undeclared' });
  }
  return result;
}
