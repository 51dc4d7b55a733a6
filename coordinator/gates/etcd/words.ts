import type { EtcdMember } from './members.ts';

const NAMES_SHOWN = 5;

export function namesOf(members: readonly EtcdMember[]): string {
  return listed([...new Set(members.map(({ name }) => name))]);
}

/** The first few, and how many more. */
export function listed(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  return names.slice(0, NAMES_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

export function withAilment({ name, message }: EtcdMember): string {
  return message === '' ? name : `${name} (${message})`;
}
