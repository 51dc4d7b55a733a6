import type { CutScene } from './cut-scenes.ts';
import type { Side } from './verdicts.ts';

/**
 * Where a cut has to lead: before the record of `post` to the release that was there, after it to the one that comes, or comes back. Undefined while that
 * record is written. A node that goes back where it should go on is whole, but something that should have been on the disk was not.
 */
export function expectedSide(scene: CutScene, points: readonly string[], at: string): Side | undefined {
  const [before, after] = scene.way === 'rollback' ? (['new', 'old'] as const) : (['old', 'new'] as const);
  if (scene.way === 'apply' && !scene.endsNew) return before;
  const index = points.indexOf(at);
  const recorded = points.indexOf('post-recorded');
  if (index >= recorded) return after;
  const written = points.findLastIndex((point, where) => where < recorded && point.startsWith('write var/lib/uvs-agent/journal'));
  return index <= written ? before : undefined;
}
