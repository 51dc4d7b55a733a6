/**
 * Builds what ships into dist/uvs: four bundles, the .proto files they read, and start scripts.
 *
 *   bin/NAME            starts lib/NAME.js on $UVS_NODE, else the packaged runtime, else the checkout's Node, else a new enough one on the PATH
 *   lib/NAME.js         one ES module each, with its source map
 *   NAME.parts          names of the files in lib/ that the program is made of
 *   package.json        the product's version
 *   proto/              the API
 *   vendor/PACKAGE/…    .proto files that libraries read at run time from beside their own sources
 */
import { chmodSync, cpSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { readProductVersion } from '../common/product-version.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'dist/uvs');

const programs = {
  'uvs-agent': 'agent/main.ts',
  'uvs-coordinator': 'coordinator/main.ts',
  uvsctl: 'cli/uvsctl/main.ts',
  upd: 'cli/upd/main.ts',
};

/**
 * What V8 is told: the agent lives on small nodes, waits for most of its time, and what it computes is done by libraries in C. Without the optimizing
 * compilers it takes a seventh less memory, idle and at work, and no more of a processor than its runs differ by (docs/ARCHITECTURE.md, "What an idle
 * agent takes"). As in packaging/launch-agent.
 */
const nodeOptions: Readonly<Partial<Record<string, string>>> = {
  'uvs-agent': ' --max-semi-space-size=1 --optimize-for-size --v8-pool-size=1 --no-opt --no-maglev',
};

/** Libraries that find files by __dirname, with the folder they read. */
const libraries = {
  etcd3: 'proto',
  '@grpc/reflection': 'build/proto/grpc',
  'grpc-health-check': 'proto',
};

/** Points the __dirname of those libraries to their copy under vendor/, which keeps the shape of the package. */
const vendoredFiles: Plugin = {
  name: 'vendored-files',
  setup(build) {
    build.onLoad({ filter: /node_modules\/(etcd3|@grpc\/reflection|grpc-health-check)\/.*\.js$/ }, async ({ path }) => {
      const folder = relative(join(root, 'node_modules'), dirname(path));
      const contents = await readFile(path, 'utf8');
      return { contents: `const __dirname = __uvsVendor(${JSON.stringify(folder)});\n${contents}`, loader: 'js' };
    });
  },
};

const banner = `import { createRequire as __uvsCreateRequire } from 'node:module';
import { fileURLToPath as __uvsFileURLToPath } from 'node:url';
const require = __uvsCreateRequire(import.meta.url);
const __uvsVendor = (folder) => __uvsFileURLToPath(new URL('../vendor/' + folder, import.meta.url));`;

/**
 * A release may bring the command lines and the coordinator in the directory of its agent (packaging/packages/agent.ts). They are what runs where they are
 * not older than the package, as with the agent.
 */
const releasedFirst = (program: string): string => `package=\${here%/bin}
released=$(readlink "$here/../../agent/current") || released=
version=$here/../../agent/$released
program=$version/\${package##*/}/lib/${program}.js
if [ -n "$released" ] && [ -r "$program" ] && [ -x "$version/runtime/node" ] &&
  [ "$(printf '%s\\n' "$released" ${readProductVersion()} | LC_ALL=C sort -V | tail -n 1)" = "$released" ]; then
  exec "\${node:-$version/runtime/node}" "$program" "$@"
fi
`;

const startScript = (program: string): string => `#!/bin/sh
# Starts ${program} on UVS_NODE, else on the runtime that ships beside it or that the checkout has, else on the PATH's node if that is new enough.
here=$(dirname "$(readlink -f "$0")")
node=\${UVS_NODE:-}
${program === 'uvs-agent' ? '' : releasedFirst(program)}for candidate in "$here/../../runtime/packaged/node" "$here/../../../node_modules/.bin/node"; do
  [ -z "$node" ] && [ -x "$candidate" ] && node=$candidate
done
if [ -z "$node" ]; then
  node=node
  if ! node -e 'process.exit(parseInt(process.versions.node, 10) < 24 ? 1 : 0)' 2>/dev/null; then
    echo "${program}: Node 24 or newer is needed and the PATH has none: name one with UVS_NODE=/path/to/node" >&2
    exit 1
  fi
fi
exec "$node"${nodeOptions[program] ?? ''} "$here/../lib/${program}.js" "$@"
`;

rmSync(out, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  metafile: true,
  entryPoints: programs,
  outdir: join(out, 'lib'),
  bundle: true,
  splitting: true,
  minifyWhitespace: true,
  minifySyntax: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'linked',
  banner: { js: banner },
  plugins: [vendoredFiles],
  logLevel: 'warning',
});

/** What a program is made of: its bundle, and all that it loads now or later. */
function partsOf(program: string): readonly string[] {
  const parts = new Set([`dist/uvs/lib/${program}.js`]);
  for (const part of parts) {
    for (const { path, external } of metafile.outputs[part]?.imports ?? []) if (external !== true) parts.add(path);
  }
  return [...parts].map((part) => basename(part)).toSorted();
}
// they ship apart from each other, and the agent also in releases
for (const program of Object.keys(programs)) writeFileSync(join(out, `${program}.parts`), `${partsOf(program).join('\n')}\n`);

mkdirSync(join(out, 'bin'), { recursive: true });
for (const program of Object.keys(programs)) {
  const path = join(out, 'bin', program);
  writeFileSync(path, startScript(program));
  chmodSync(path, 0o755);
  console.log(`${program}: ${(statSync(join(out, 'lib', `${program}.js`)).size / 1e6).toFixed(2)} MB`);
}
const product = { name: 'uvs', version: readProductVersion(), private: true, type: 'module' };
writeFileSync(join(out, 'package.json'), `${JSON.stringify(product, undefined, 2)}\n`);
cpSync(join(root, 'proto'), join(out, 'proto'), {
  recursive: true,
  filter: (path) => (statSync(path).isDirectory() ? !path.endsWith('/gen') : path.endsWith('.proto')),
});
for (const [library, folder] of Object.entries(libraries)) {
  cpSync(join(root, 'node_modules', library, folder), join(out, 'vendor', library, folder), { recursive: true });
  // The libraries write "__dirname/../proto": the folder that they step out of has to be there.
  for (const source of ['lib', 'build/src', 'build/src/implementations'])
    mkdirSync(join(out, 'vendor', library, source), { recursive: true });
}
