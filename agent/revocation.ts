import type { SlotToken } from '../common/slot-token.ts';
import { readHistory } from './history.ts';
import type { NodeOperations } from './node-operations.ts';
import { recordEnd } from './operation-end.ts';
import { operatorNeeded } from './operator-needed.ts';
import { endLeftovers } from './steps/back.ts';

/**
 * Takes note that the slot of an operation was taken back: nothing that disturbs is begun for it from now on, whether it is known here or
 * not. What has begun restores the node's service and ends; what has not may be withdrawn. One that is not known here had begun all the
 * same, or its slot would not be taken back: the journal was lost, and only an operator can say whether the node is in order. Durable when
 * this resolves.
 */
export async function revoke(operations: NodeOperations, operation: string, token: SlotToken, reason: string): Promise<void> {
  const { journal, state } = operations;
  const known = operations.all().get(operation);
  if (known === undefined) {
    const isPast = (await readHistory(state)).some((entry) => entry.operation === operation);
    if (isPast) return;
    await journal.append({ kind: 'opened', operation, packageDigest: '', needsSlot: true });
    await journal.append({ kind: 'revoked', operation, token, reason: reason.slice(0, 4000) });
    return await endForgotten(operations, operation);
  }
  if (known.ended !== undefined || known.revokedReason !== undefined) return;
  await journal.append({ kind: 'revoked', operation, token, reason: reason.slice(0, 4000) });
  operations.tellRevoked(operation, reason);
}

async function endForgotten(operations: NodeOperations, operation: string): Promise<void> {
  await using context = await operations.context(operation, undefined);
  await endLeftovers(context);
  const why = 'NEEDS_OPERATOR: this agent remembers nothing of it, and what it had begun may be half done';
  await recordEnd(context, 'needs-operator', operatorNeeded(operation, why, context.setup.root));
}
