import { UvsError } from '../../common/errors.ts';
import type { Handlers } from '../../common/rpc/handlers.ts';
import type { OperationServiceHandlers } from '../../proto/gen/uvs/v1/OperationService.ts';
import type { ReadOutputResponse } from '../../proto/gen/uvs/v1/ReadOutputResponse.ts';
import type { Core } from '../core.ts';
import type { AgentLink } from '../ports.ts';
import { operationMessage } from './convert/operation.ts';
import { operationBefore, tokenAfter } from './page.ts';
import { pageSize, requireName } from './validate.ts';
import type { Views } from './views.ts';

/** Reasons for which the tail that the cluster keeps is sent instead of the node's own output. */
const awayReasons: ReadonlySet<string> = new Set(['UNREACHABLE', 'NOT_FOUND', 'DEADLINE_EXCEEDED']);

/** What agents do and did. */
export function operationService(handlers: Handlers, core: Core, link: AgentLink, views: Views): OperationServiceHandlers {
  return {
    ListOperations: handlers.unary(async (request, context) => {
      const uid = request.node === '' ? undefined : core.nodes.find(requireName(request.node, 'nodes')).uid;
      const query = { uid, limit: pageSize(request.pageSize, 100), after: operationBefore(request.pageToken) };
      const page = await views.read(context, () => core.rollouts.operations(query));
      return { operations: page.operations.map(operationMessage), nextPageToken: tokenAfter(page.after) };
    }),
    GetOperation: handlers.unary(async (request) => ({
      operation: operationMessage(await core.rollouts.operation(requireName(request.name, 'operations'))),
    })),
    ReadOutput: handlers.serverStream((request, { signal }) => readOutput(core, link, requireName(request.name, 'operations'), signal)),
  };
}

async function* readOutput(core: Core, link: AgentLink, operation: string, signal: AbortSignal): AsyncGenerator<ReadOutputResponse> {
  const step = await core.rollouts.operation(operation);
  let hasBegun = false;
  try {
    for await (const text of link.readOutput(step.uid, operation, signal)) {
      hasBegun = true;
      yield { text, truncated: false };
    }
  } catch (error) {
    // Once the node's own output has begun, the tail would repeat parts of it.
    if (hasBegun || !(error instanceof UvsError) || !awayReasons.has(error.reason)) throw error;
    yield { text: step.outputTail, truncated: true };
  }
}
