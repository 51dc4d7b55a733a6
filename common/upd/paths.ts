/** What is put beside an edited config file of the policy "new-beside" ends so. */
export const BESIDE_SUFFIX = '.uvs-new';
/** Most bytes of a path in a manifest; leaves room for the root's own path within PATH_MAX. */
const MAX_PATH_BYTES = 2048;
/** NAME_MAX of Linux file systems. */
const MAX_COMPONENT_BYTES = 255;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Says what is wrong with a path of a manifest, as the end of a sentence; undefined: nothing. */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.startsWith('/')) return 'is absolute';
  if (CONTROL.test(path)) return 'holds a control character';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`;
  for (const component of path.split('/')) {
    if (component === '') return 'has an empty component';
    if (component === '.' || component === '..') return `has the component "${component}"`;
    if (component.length > MAX_COMPONENT_BYTES / 4 && Buffer.byteLength(component) > MAX_COMPONENT_BYTES) {
      return `has a component longer than ${MAX_COMPONENT_BYTES} bytes`;
    }
  }
  return undefined;
}

const FROM_SURROGATES_ON = /[\ud800-\uffff]/;

/** Orders paths by the bytes of their UTF-8, which JavaScript's own order of strings is not. */
export function comparePaths(a: string, b: string): number {
  // the two orders differ only between surrogates and what they would have to come after
  if (!FROM_SURROGATES_ON.test(a) || !FROM_SURROGATES_ON.test(b)) return a < b ? -1 : Number(a > b);
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const unitA = a.charCodeAt(index);
    const unitB = b.charCodeAt(index);
    if (unitA !== unitB) return orderOfUnit(unitA) - orderOfUnit(unitB);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others. */
function orderOfUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** All directories above a path, the outermost first. */
export function ancestorsOf(path: string): readonly string[] {
  const ancestors: string[] = [];
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) ancestors.push(path.slice(0, slash));
  return ancestors;
}
