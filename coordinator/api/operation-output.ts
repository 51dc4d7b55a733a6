import { UvsError } from '../../common/errors.ts';
import type { ReadOutputResponse } from '../../proto/gen/uvs/v1/ReadOutputResponse.ts';
import type { OperationView } from '../rollout-view.ts';
import { outputPlace } from '../../common/output-place.ts';
import type { AgentLink } from '../ports.ts';

/** Reasons for which the tail that the cluster keeps is sent instead of the node's own output. */
const awayReasons: ReadonlySet<string> = new Set(['UNREACHABLE', 'NOT_FOUND', 'DEADLINE_EXCEEDED']);

type Known = Pick<OperationView, 'uid' | 'hostname' | 'operation' | 'outputTail' | 'isEarlier'>;

/**
 * Reads what an operation wrote from its node, or, where that has nothing, the tail that the cluster keeps.
 * @throws UvsError for an earlier try, of which there is no tail: what the node is away with; NOT_FOUND where it has nothing of it
 */
export async function* readOutput(
  operation: Known,
  link: Pick<AgentLink, 'readOutput'>,
  signal: AbortSignal,
): AsyncGenerator<ReadOutputResponse> {
  let hasBegun = false;
  let away: UvsError | undefined;
  try {
    for await (const text of link.readOutput(operation.uid, operation.operation, signal)) {
      hasBegun = true;
      yield { text, truncated: false };
    }
  } catch (error) {
    // Once the node's own output has begun, the tail would repeat parts of it.
    if (hasBegun || !(error instanceof UvsError) || !awayReasons.has(error.reason)) throw error;
    away = error;
  }
  if (hasBegun) return;
  if (operation.isEarlier) throw away === undefined ? keptNoMore(operation) : onNodeAlone(operation, away);
  if (away !== undefined || operation.outputTail !== '') yield { text: operation.outputTail, truncated: true };
}

function keptNoMore({ hostname, operation }: Known): UvsError {
  return new UvsError('NOT_FOUND', `${hostname} has no output of ${operation}, an earlier try: it wrote none, or keeps it no more`, {
    hint: `A node keeps that of its last 50 operations at least; this one's was there in ${outputPlace(operation)}`,
    details: { operation },
  });
}

function onNodeAlone({ hostname, operation }: Known, cause: UvsError): UvsError {
  return new UvsError(
    cause.reason,
    `the output of ${operation}, an earlier try, is on ${hostname} alone, which can't be asked: ${cause.message}`,
    {
      hint: `Ask again once its agent is connected, or read it on the node: ${outputPlace(operation)}`,
      details: { operation },
      cause,
    },
  );
}
