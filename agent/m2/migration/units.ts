import { escapePath, WRITTEN_BY_AGENT, type UnitFile } from '../units.ts';

const DO_NOT_EDIT = `${WRITTEN_BY_AGENT}.\n`;

/** Where the copy of a directory is. */
export function copyPath(mountPoint: string, directory: string): string {
  return `${mountPoint}/uvs${directory}`;
}

/**
 * The bind mount; that this file is there is what has the copy count. Without the assertion systemd would make a copy that is missing, an empty one, and
 * have services start on it (systemd.mount(5)); what an assertion fails does not start, nor does what requires it.
 */
export function bindUnit(mountPoint: string, directory: string): UnitFile {
  const ssd = `${escapePath(mountPoint)}.mount`;
  return {
    path: `${escapePath(directory)}.mount`,
    text: `${DO_NOT_EDIT}[Unit]
Description=${directory} on the SSD
Requires=${ssd}
After=${ssd}
AssertPathIsDirectory=${copyPath(mountPoint, directory)}

[Mount]
What=${copyPath(mountPoint, directory)}
Where=${directory}
Type=none
Options=bind,nofail
`,
  };
}

/** Has it mounted at boot, also where no service asks for it. */
export function bindWant(directory: string): { readonly path: string; readonly target: string } {
  const unit = `${escapePath(directory)}.mount`;
  return { path: `multi-user.target.wants/${unit}`, target: `../${unit}` };
}

/**
 * Keeps a service from starting on the old directory, where the SSD is not there: a monitor with an old store is worse than none. It is named by the
 * directory, for a service may have several.
 */
export function serviceDropIn(directory: string, unit: string): UnitFile {
  return { path: `${unit}.d/60-uvs-m2-${escapePath(directory)}.conf`, text: dropInText(directory) };
}

/** The same by the name that earlier agents gave it, one for all directories of a unit; it is this directory's only with this very text. */
export function formerDropIn(directory: string, unit: string): UnitFile {
  return { path: `${unit}.d/60-uvs-m2.conf`, text: dropInText(directory) };
}

function dropInText(directory: string): string {
  return `${DO_NOT_EDIT}[Unit]\nRequiresMountsFor=${directory}\n`;
}

/** Whether a directory can have units of its name: what has it is a file, whose name has at most 255 bytes. */
export function isNameable(directory: string): boolean {
  return serviceDropIn(directory, '').path.length - '.d/'.length <= 255;
}
