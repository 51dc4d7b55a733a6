import { join } from 'node:path';
import { readStatus } from '../../agent/commands/status.ts';
import type { CutScene } from './cut-scenes.ts';
import { managedTree } from './managed-tree.ts';

export type Side = 'old' | 'new' | 'mixed';

/** The two trees that there may be, and what a node remembers with each. */
export interface BothSides {
  readonly old: readonly string[];
  readonly new: readonly string[];
}

/** What there was before a scene, and after it. */
export function bothSides({ way }: Pick<CutScene, 'way'>, before: readonly string[], after: readonly string[]): BothSides {
  return way === 'apply' ? { old: before, new: after } : { old: after, new: before };
}

/** What a root came to: which of the two, and what contradicts that. */
export async function judgeRoot(root: string, sides: BothSides): Promise<{ readonly side: Side; readonly complaints: readonly string[] }> {
  const now = managedTree(root);
  const side = isSame(now, sides.old) ? 'old' : isSame(now, sides.new) ? 'new' : 'mixed';
  const complaints = side === 'mixed' ? difference(now, sides) : [];
  const { installed, operations } = await readStatus({ root, statePath: join(root, 'var/lib/uvs-agent') });
  const remembered = installed.components[0]?.releaseSeq;
  if (side !== 'mixed' && remembered !== (side === 'new' ? 2 : 1))
    complaints.push(`it is ${side}, and release ${remembered} is remembered`);
  const open = operations.filter(({ phase }) => !['done', 'failed', 'rolled-back'].includes(phase));
  for (const { phase, message } of open) complaints.push(`an operation is still in ${phase}: ${message}`);
  return { side, complaints };
}

function difference(now: readonly string[], sides: BothSides): string[] {
  const near = distance(now, sides.old) <= distance(now, sides.new) ? sides.old : sides.new;
  return [
    ...now.filter((line) => !near.includes(line)).map((line) => `is     ${line}`),
    ...near.filter((line) => !now.includes(line)).map((line) => `is not ${line}`),
  ];
}

function distance(one: readonly string[], other: readonly string[]): number {
  return one.filter((line) => !other.includes(line)).length + other.filter((line) => !one.includes(line)).length;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.join('\n') === other.join('\n');
}

/** Counts what cuts came to. */
export class Tally {
  readonly counts: Record<Side, number> = { old: 0, new: 0, mixed: 0 };
  readonly complaints: string[] = [];
  cuts = 0;
  /** Points that did not come again, see isUpToTheMoment. */
  missed = 0;

  /** @param expected undefined: either */
  add(where: string, side: Side, complaints: readonly string[], expected: Side | undefined): void {
    this.cuts += 1;
    this.counts[side] += 1;
    const all = [...complaints, ...(side === (expected ?? side) ? [] : [`it is ${side} and should be ${expected}`])];
    if (all.length > 0) this.complaints.push(`${where}:\n  ${all.join('\n  ')}`);
  }

  get summary(): string {
    const { old, new: recent, mixed } = this.counts;
    const missed = this.missed === 0 ? '' : `, not met again ${this.missed}`;
    return `cut points ${this.cuts}, recovered to old ${old}, to new ${recent}, mixed ${mixed}${missed}`;
  }
}
