import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const project = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(project, path), 'utf8');
const pages = [...globSync('*.md', { cwd: project }), ...globSync('docs/**/*.md', { cwd: project })];

/** The name that GitHub gives to a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

void t.test('every link between the pages leads somewhere', async (t) => {
  let links = 0;
  for (const page of pages) {
    for (const [, link = ''] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      links += 1;
      const [path = '', name] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      t.ok(existsSync(join(project, target)), `${page}: ${link}`);
      if (name === undefined || !statSync(join(project, target)).isFile()) continue;
      const anchors = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchor(heading));
      t.ok(anchors.includes(name), `${page}: ${link}`);
    }
  }
  t.ok(links > 50, `${links} links`);
});

void t.test('make help lists every target, and every one that the pages name is there', async (t) => {
  const help = execFileSync('make', ['help'], { cwd: project, encoding: 'utf8' });
  const listed = [...help.matchAll(/^([a-z0-9-]+)\s+\S/gm)].map(([, name = '']) => name);
  const targets = [...read('Makefile').matchAll(/^\.PHONY: (.+)$/gm)].flatMap(([, names = '']) => names.split(' '));
  t.same(listed.toSorted(), targets.toSorted());
  const named = pages.flatMap((page) => [...read(page).matchAll(/(?:`| {4})make ([a-z0-9-]+)/g)].map(([, name = '']) => ({ page, name })));
  t.ok(named.length > 20, `${named.length} are named`);
  for (const { page, name } of named) t.ok(targets.includes(name), `${page}: make ${name}`);
});

void t.test('the page about nodes names each test on booted nodes', async (t) => {
  const page = read('docs/nodes.md');
  const tests = globSync('test/nodes/*.test.ts', { cwd: project }).map((path) => path.replace('test/nodes/', ''));
  t.ok(tests.length > 10);
  for (const test of tests) t.ok(page.includes(`\`${test}\``), test);
});
