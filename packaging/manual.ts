/** Makes the manual pages and the completions for bash of all programs, of what they say of their own command lines: dist/uvs/manual/NAME.SECTION and NAME.bash. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bashCompletion } from './manual/completion.ts';
import { manualPage } from './manual/manual-page.ts';
import { programs } from './manual/programs.ts';
import { SECTIONS } from './manual/sections.ts';
import { productVersion, project, SOURCE_DATE_EPOCH } from './packages/sources.ts';

const out = join(project, 'dist/uvs/manual');
const date = new Date(SOURCE_DATE_EPOCH * 1000).toISOString().slice(0, 10);

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const [name, program] of await programs()) {
  const section = SECTIONS[name];
  if (section === undefined) throw new Error(`it is not said to which section of the manual ${name} belongs`);
  const others = Object.entries(SECTIONS).flatMap(([other, its]) => (other === name ? [] : [`${other}(${its})`]));
  writeFileSync(join(out, `${name}.${section}`), manualPage(program, { section, version: productVersion, date, others }));
  writeFileSync(join(out, `${name}.bash`), bashCompletion(program));
}
