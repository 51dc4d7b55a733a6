import { resolve } from 'node:path';
import { UvsError } from '../../common/errors.ts';
import { agentLayout } from '../../common/agent-layout.ts';
import { reservedOnEveryNode } from '../../common/reserved-paths.ts';
import { unitPattern } from '../../common/unit-pattern.ts';
import type { Barrier, Manifest } from '../../common/upd/manifest.ts';
import { FIRST_TO_HAND_OVER } from '../../common/upd/successor.ts';
import type { EntrySpec, PackageSpec, TaskSpec } from '../../common/upd/writer.ts';
import { isAtLeast, isVersion, parseVersion } from '../../common/version.ts';
import { withoutUnchanged } from './partial.ts';
import type { BarrierSpec, BuildSpec } from './spec-schema.ts';
import { listTree, withoutSlashes, type TreeEntry } from './tree.ts';

const PATHS_SHOWN = 5;

/** The package that a partial one builds on: its manifest where its file was given. */
export interface Base {
  readonly manifestHash: string;
  readonly manifest: Manifest | undefined;
}

/**
 * Makes of a build spec what the writer takes: walks the trees, settles the defaults.
 * @param directory the spec file's: paths in it are relative to it.
 * @param base set exactly for a partial package.
 * @throws UvsError CONFIG_INVALID, INVALID_ARGUMENT, NOT_FOUND, PATH_FORBIDDEN (what no node takes)
 */
export function toPackageSpec(spec: BuildSpec, directory: string, base: Base | undefined): PackageSpec {
  const entries = entriesOf(spec, directory);
  const files = base?.manifest === undefined ? entries : withoutUnchanged(entries, base.manifest);
  demandContent(spec, files);
  demandTakeable(files);
  return {
    product: spec.product,
    version: spec.version,
    components: componentsOf(spec),
    minAgent: minAgentOf(spec, entries),
    target: spec.target,
    kind: spec.kind,
    ...(base === undefined ? {} : { base: base.manifestHash }),
    requires: spec.requires,
    files,
    tasks: spec.tasks.map(({ program, ...task }): TaskSpec => ({ ...task, origin: { file: resolve(directory, program) } })),
    services: spec.services,
    reboot: spec.reboot,
    brings: spec.brings,
    ...(spec.barrier === undefined ? {} : { barrier: barrierOf(spec.barrier) }),
  };
}

/** A spec that has lost its trees, or a tree its files, would take every node out of service for nothing. */
function demandContent({ kind, tasks, services, reboot }: BuildSpec, files: readonly EntrySpec[]): void {
  if (files.length + tasks.length + services.length > 0 || reboot) return;
  throw new UvsError(
    'CONFIG_INVALID',
    'The package would do nothing: it brings and removes no path, and has no task, no service and no reboot.',
    {
      hint:
        kind === 'partial'
          ? 'Nothing differs from its base. Look whether the sources are the new ones.'
          : 'Name what it brings in [[trees]] ("upd build --help"), and look whether its source holds anything that is not excluded.',
    },
  );
}

/** Paths that every node refuses would be found out only there, once the package was uploaded and is to be staged. */
function demandTakeable(files: readonly EntrySpec[]): void {
  const refused = files.flatMap(({ path }) => {
    const reserved = reservedOnEveryNode(path);
    if (reserved === undefined) return [];
    const { place, why } = reserved;
    return [place === path ? `/${path}, which ${why}` : `/${path}: /${place} ${why}`];
  });
  if (refused.length === 0) return;
  const more = refused.length > PATHS_SHOWN ? ` and ${refused.length - PATHS_SHOWN} more` : '';
  throw new UvsError('PATH_FORBIDDEN', `No node takes ${refused.slice(0, PATHS_SHOWN).join('; ')}${more}.`, {
    hint: 'Leave them out of the sources, or exclude them: exclude = ["…"] of their tree.',
  });
}

/** An agent that can't hand over would install one that comes with a release like any file, and be gone at its next start. */
function minAgentOf({ minAgent }: BuildSpec, entries: readonly EntrySpec[]): string {
  const bringsAgent = entries.some(({ path }) => path === agentLayout.pointer);
  if (!bringsAgent) return minAgent ?? '0.1.0';
  if (minAgent === undefined || !isVersion(minAgent)) return minAgent ?? FIRST_TO_HAND_OVER;
  if (isAtLeast(parseVersion(minAgent), parseVersion(FIRST_TO_HAND_OVER))) return minAgent;
  throw new UvsError('CONFIG_INVALID', `The release brings an agent, and agents of ${minAgent} can't hand over to it.`, {
    hint: `Leave minAgent out, or set it to "${FIRST_TO_HAND_OVER}" or higher.`,
  });
}

function componentsOf({ product, releaseSeq, epoch, components }: BuildSpec): PackageSpec['components'] {
  if (components !== undefined && (releaseSeq !== undefined || epoch !== undefined)) {
    throw new UvsError('CONFIG_INVALID', 'The spec has both [components] and releaseSeq or epoch of its own.', {
      hint: 'Use releaseSeq for one component of the name of the product, or [components] for several.',
    });
  }
  if (components !== undefined) return components;
  if (releaseSeq === undefined) {
    throw new UvsError('CONFIG_INVALID', 'The spec says no releaseSeq.', { hint: 'Give every release a higher one than the last.' });
  }
  return { [product]: { releaseSeq, epoch: epoch ?? 0 } };
}

function barrierOf({ sentence, oncePath, onceUnits }: BarrierSpec): Barrier {
  if (oncePath !== undefined && onceUnits !== undefined) {
    throw new UvsError('CONFIG_INVALID', 'The barrier has both oncePath and onceUnits.', { hint: 'Name the one that tells.' });
  }
  if (oncePath !== undefined) return { sentence, once: { path: withoutSlashes(oncePath) } };
  return onceUnits === undefined ? { sentence } : { sentence, once: { units: onceUnits.map((unit) => unitPattern(unit) ?? unit) } };
}

function entriesOf(spec: BuildSpec, directory: string): readonly EntrySpec[] {
  let linkGroup = 0;
  const found: TreeEntry[] = [];
  for (const tree of spec.trees) {
    found.push(...listTree(tree, resolve(directory, tree.source), () => (linkGroup += 1)));
  }
  for (const { path, target, owner } of spec.symlinks) {
    const [uid = 0, gid = 0] = owner.split(':').map(Number);
    const entry = { path: withoutSlashes(path), op: 'put', type: 'symlink', mode: 0o777, uid, gid, xattrs: {}, link: target } as const;
    found.push({ from: 'the spec', entry });
  }
  for (const path of spec.remove) found.push({ from: 'the spec', entry: { path: withoutSlashes(path), op: 'remove' } });
  return withoutDoubles(found);
}

/** Trees may share directories; any other path is put once. */
function withoutDoubles(found: readonly TreeEntry[]): readonly EntrySpec[] {
  const byPath = new Map<string, TreeEntry>();
  for (const candidate of found) {
    const { path } = candidate.entry;
    const other = byPath.get(path);
    if (other === undefined) {
      byPath.set(path, candidate);
    } else if (!isDirectory(candidate.entry) || JSON.stringify(candidate.entry) !== JSON.stringify(other.entry)) {
      throw new UvsError('CONFIG_INVALID', `Both ${other.from} and ${candidate.from} would become /${path}, in different ways.`, {
        hint: 'Exclude one of them.',
      });
    }
  }
  return [...byPath.values()].map(({ entry }) => entry);
}

function isDirectory(entry: EntrySpec): boolean {
  return entry.op === 'put' && entry.type === 'directory';
}
