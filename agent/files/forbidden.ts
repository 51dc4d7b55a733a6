import { readFileSync } from 'node:fs';
import { UvsError } from '../../common/errors.ts';

/** Name of the staging area on each mount. */
export const STAGING_NAME = '.uvs-staging';

const KERNEL_TREES = ['proc', 'sys', 'dev'];

/** Refuses paths that no release may touch: the kernel's trees, staging areas, the agent's own state, files that are mount points. */
export class ForbiddenPaths {
  readonly #prefixes: readonly string[];
  readonly #mountPoints: ReadonlySet<string>;
  readonly #root: string;

  /**
   * @param root real path of the root directory
   * @param state real path of the agent's state directory
   */
  constructor(root: string, state: string) {
    this.#root = root === '/' ? '' : root;
    const below = state.startsWith(`${this.#root}/`) ? [state.slice(this.#root.length + 1)] : [];
    this.#prefixes = [...KERNEL_TREES, ...below];
    this.#mountPoints = new Set(mountPoints());
  }

  /** @param isDirectory a directory may be a mount point, a file may not. @throws UvsError PATH_FORBIDDEN */
  check(path: string, isDirectory: boolean): void {
    const prefix = this.#prefixes.find((forbidden) => path === forbidden || path.startsWith(`${forbidden}/`));
    if (prefix !== undefined) throw forbidden(path, `/${prefix} belongs to the kernel or to the agent itself`);
    const components = path.split('/');
    if (components.includes(STAGING_NAME)) throw forbidden(path, `${STAGING_NAME} is the agent's staging area`);
    if (components.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0'))) {
      throw forbidden(path, 'it is not a normal path');
    }
    if (!isDirectory && this.#mountPoints.has(`${this.#root}/${path}`)) throw forbidden(path, 'it is a mount point and cannot be replaced');
  }
}

function forbidden(path: string, why: string): UvsError {
  return new UvsError('PATH_FORBIDDEN', `the package may not touch ${path}: ${why}`, { hint: 'The package has to be built without it.' });
}

/** proc_pid_mountinfo(5), field 5; blanks are written in octal there. */
function mountPoints(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point !== '')
    .map((point) => point.replace(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8))));
}
