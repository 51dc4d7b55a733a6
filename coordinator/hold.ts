import type { LedgerRecord, NodeRecord } from './domain.ts';

const NAMES_SHOWN = 3;

/** Names the nodes that have not told since etcd was adopted what they hold; they are waited for. */
export function unheardNodes(ledger: Pick<LedgerRecord, 'isAdopting'>, nodes: Iterable<NodeRecord>, epoch: string): readonly NodeRecord[] {
  if (!ledger.isAdopting) return [];
  return [...nodes].filter((node) => node.reportedEpoch !== epoch);
}

/** Says why nothing at all may be granted or begun, whatever budgets and gates say; undefined: it may. */
export function describeHold(ledger: Pick<LedgerRecord, 'hold' | 'isAdopting'>, unheard: readonly NodeRecord[]): string | undefined {
  if (ledger.hold !== undefined) return `${ledger.hold.reason}; nothing is granted until "uvsctl cluster adopt"`;
  if (unheard.length === 0) return undefined;
  const names = unheard.slice(0, NAMES_SHOWN).map(({ hostname }) => hostname);
  const more = unheard.length - names.length;
  return `etcd was adopted, and ${unheard.length === 1 ? '1 node has not told yet what it holds' : `${unheard.length} nodes have not told yet what they hold`}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
