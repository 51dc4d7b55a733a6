import type { CutScene } from './cut-scenes.ts';
import type { Side } from './verdicts.ts';

/**
 * Where a cut has to lead: before the record of `post` to the old release, after it to the new one. Undefined while that record is written.
 * A node that goes back where it should go on is whole, but something that should have been on the disk was not.
 */
export function expectedSide(scene: CutScene, points: readonly string[], at: string): Side | undefined {
  if (!scene.endsNew) return 'old';
  const index = points.indexOf(at);
  const recorded = points.indexOf('post-recorded');
  if (index >= recorded) return 'new';
  const written = points.findLastIndex((point, where) => where < recorded && point.startsWith('write var/lib/uvs-agent/journal'));
  return index <= written ? 'old' : undefined;
}
