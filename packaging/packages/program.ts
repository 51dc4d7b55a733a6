import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from './sources.ts';

const built = join(project, 'dist/uvs');

/** Copies what these programs are made of from dist/uvs into a directory: their parts, the API and the product's version. */
export function layProgram(directory: string, programs: readonly string[]): void {
  const parts = new Set(
    programs.flatMap((program) =>
      readFileSync(join(built, `${program}.parts`), 'utf8')
        .trimEnd()
        .split('\n'),
    ),
  );
  mkdirSync(join(directory, 'lib'), { recursive: true });
  // each has its source map beside it, and some the licences of what they are made of
  for (const name of readdirSync(join(built, 'lib'))) {
    if (parts.has(name.replace(/\.js\..*$/u, '.js'))) cpSync(join(built, 'lib', name), join(directory, 'lib', name));
  }
  for (const name of ['proto', 'package.json']) cpSync(join(built, name), join(directory, name), { recursive: true });
}

/** Adds the start scripts, which look for the runtime two folders above. */
export function layStartScripts(directory: string, programs: readonly string[]): void {
  mkdirSync(join(directory, 'bin'), { recursive: true });
  for (const program of programs) cpSync(join(built, 'bin', program), join(directory, 'bin', program));
}

/** Adds the files that libraries of the coordinator read at run time. */
export function layVendoredFiles(directory: string): void {
  cpSync(join(built, 'vendor'), join(directory, 'vendor'), { recursive: true });
}
