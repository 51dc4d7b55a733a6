import type { HeldSlot } from './domain.ts';
import type { GateMoment } from './ports.ts';

/** A node's part in a question, or in what is so: no operation begins twice. */
export interface Part {
  readonly uid: string;
  readonly operation: string;
}

/**
 * The nodes that a gate has to reckon with beside the one that it is asked about: those that have begun, or ended without being proven healthy
 * yet. Before a grant those too that were granted: they are about to begin, and a grant that could not begin beside them would only be given back.
 */
export function reckonedWith(slots: Iterable<HeldSlot>, moment: GateMoment, except: string): readonly HeldSlot[] {
  return [...slots].filter(({ uid, state }) => uid !== except && (state !== 'granted' || moment === 'before-grant'));
}

/**
 * Whether a gate's yes holds for what is reckoned with now: all of it was asked about. What is over meanwhile takes nothing from the yes: a gate's yes
 * to a set of nodes is one to every part of it.
 */
export function isCovered(now: readonly Part[], askedAbout: readonly Part[]): boolean {
  const names = new Set(askedAbout.map(nameOf));
  return now.every((part) => names.has(nameOf(part)));
}

function nameOf({ uid, operation }: Part): string {
  return `${uid} ${operation}`;
}
