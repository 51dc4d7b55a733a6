/**
 * Builds the packages into dist/packages, or $OUT, from dist/uvs. The same sources give the same bytes.
 *
 *   node packaging/packages.ts [NAME …]     these packages only
 *
 * ARCH=amd64 or arm64 is the architecture of the runtime (default: both); FORMAT=deb or rpm (default: both); REVISION=2 and so on where
 * the same programs are packaged anew; COMPRESSION=fast for tests.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { buildDeb } from './packages/deb.ts';
import { definitions, layLicence, type PackageDefinition } from './packages/definitions.ts';
import { buildRpm } from './packages/rpm.ts';
import { building, Mistake } from './packages/mistake.ts';
import { chosenArchitecture, type Architecture } from './packages/runtime.ts';
import { project } from './packages/sources.ts';

await building(() => {
  const { env } = process;
  const compression = env['COMPRESSION'] === 'fast' ? 'fast' : 'small';
  const architectures: readonly Architecture[] = env['ARCH'] === undefined ? ['amd64', 'arm64'] : [chosenArchitecture(env)];
  const formats = (['deb', 'rpm'] as const).filter((format) => env['FORMAT'] === undefined || env['FORMAT'] === format);
  const wanted = process.argv.slice(2);

  // what is the same on all architectures is built once
  const all = new Map(architectures.flatMap((one) => definitions(one).map((each) => [`${each.name} ${each.architecture}`, each] as const)));
  const unknown = wanted.find((name) => ![...all.values()].some((each) => each.name === name));
  if (unknown !== undefined) throw new Mistake(`There is no package ${unknown}.`);

  const out = resolve(env['OUT'] ?? join(project, 'dist/packages'));
  const isWhole = [env['OUT'], env['ARCH'], env['FORMAT']].every((one) => one === undefined) && wanted.length === 0;
  if (isWhole) rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  for (const definition of all.values()) {
    if (wanted.length > 0 && !wanted.includes(definition.name)) continue;
    for (const format of formats) {
      if (format === 'rpm' && definition.isTransitional === true) continue;
      const path = build(definition, format, { out, compression });
      console.log(`${basename(path)}: ${(statSync(path).size / 1e6).toFixed(2)} MB`);
    }
  }
});

interface Where {
  readonly out: string;
  readonly compression: 'fast' | 'small';
}

function build(definition: PackageDefinition, format: 'deb' | 'rpm', { out, compression }: Where): string {
  const scratch = mkdtempSync(join(tmpdir(), 'uvs-package-'));
  try {
    const tree = join(scratch, 'tree');
    mkdirSync(tree);
    definition.lay(tree);
    layLicence(tree, definition.name);
    return (format === 'deb' ? buildDeb : buildRpm)(definition, tree, out, compression);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
