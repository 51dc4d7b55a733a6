import { registerHooks } from 'node:module';
import type { Edit } from './planted-bugs.ts';

const here = new URL('.', import.meta.url).href;
const root = new URL('../../', import.meta.url).href;

/** Modules that touch a real disk, and what stands in for them. Everything else of the agent and the coordinator is the real thing. */
const standIns: ReadonlyMap<string, string> = new Map(
  [
    ['agent/accepted/compare.ts', 'compare.ts'],
    ['agent/accepted/mixture.ts', 'mixture.ts'],
    ['agent/journal.ts', 'journal.ts'],
    ['agent/history.ts', 'history.ts'],
    ['agent/installed.ts', 'installed.ts'],
    ['agent/output-store.ts', 'output-store.ts'],
    ['agent/state-directory.ts', 'state-directory.ts'],
    ['agent/files/staging.ts', 'staging.ts'],
    ['agent/order-marks.ts', 'order-marks.ts'],
    ['agent/retained/back.ts', 'back.ts'],
    ['agent/retained/describe.ts', 'describe.ts'],
    ['agent/retained/index-file.ts', 'index-file.ts'],
    ['agent/retained/record.ts', 'record.ts'],
    ['agent/retained/retain.ts', 'retain.ts'],
    ['agent/steps/head.ts', 'head.ts'],
    ['agent/steps/rollback.ts', 'rollback.ts'],
    ['agent/steps/fetch.ts', 'fetch.ts'],
    ['agent/steps/commit.ts', 'commit.ts'],
    ['agent/steps/read-back.ts', 'read-back.ts'],
    ['common/upd/open.ts', 'open.ts'],
  ].map(([path, name]) => [`${root}${path}`, `${here}stand-ins/${name}`]),
);

/** Who reads real files of its own beside those. */
const readers: ReadonlySet<string> = new Set(['agent/runner.ts', 'agent/steps/run-tasks.ts'].map((path) => `${root}${path}`));

/**
 * Puts the stand-ins in their places, and plants bugs in sources as they are read; to be called before anything of the agent or the
 * coordinator is loaded. A stand-in itself gets the real thing when it asks for it.
 */
export function installStandIns(planted: readonly Edit[]): void {
  registerHooks({
    resolve: (specifier, context, next) => {
      const parent = context.parentURL ?? '';
      if (specifier === 'node:fs/promises' && readers.has(parent)) return next(`${here}stand-ins/program.ts`, context);
      const found = next(specifier, context);
      const standIn = parent.startsWith(`${here}stand-ins/`) ? undefined : standIns.get(found.url);
      return standIn === undefined ? found : next(standIn, context);
    },
    load: (url, context, next) => {
      const loaded = next(url, context);
      const bugs = planted.filter(({ path }) => url === `${root}${path}`);
      return bugs.length === 0 ? loaded : { ...loaded, source: bugs.reduce(plant, textOf(loaded.source)) };
    },
  });
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | undefined | null): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source ?? undefined);
}

function plant(source: string, { path, sound, bug }: Edit): string {
  // a bug that is not there proves nothing
  if (!source.includes(sound)) throw new Error(`${path} does not say ${JSON.stringify(sound)} any more: plant the bug anew`);
  return source.replace(sound, () => bug);
}
