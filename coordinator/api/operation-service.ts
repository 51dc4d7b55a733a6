import type { Handlers } from '../../common/rpc/handlers.ts';
import type { OperationServiceHandlers } from '../../proto/gen/uvs/v1/OperationService.ts';
import type { Core } from '../core.ts';
import type { AgentLink } from '../ports.ts';
import { operationMessage } from './convert/operation.ts';
import { readOutput } from './operation-output.ts';
import { operationBefore, tokenAfter } from './page.ts';
import { pageSize, requireName } from './validate.ts';
import type { Views } from './views.ts';

/** What agents do and did. */
export function operationService(handlers: Handlers, core: Core, link: AgentLink, views: Views): OperationServiceHandlers {
  return {
    ListOperations: handlers.unary(async (request, context) => {
      const uid = request.node === '' ? undefined : core.nodes.find(requireName(request.node, 'nodes')).uid;
      const query = { uid, limit: pageSize(request.pageSize, 100), after: operationBefore(request.pageToken) };
      const page = await views.read(context, () => core.rollouts.operations(query));
      return { operations: page.operations.map(operationMessage), nextPageToken: tokenAfter(page.after) };
    }),
    GetOperation: handlers.unary(async (request, context) => {
      const id = requireName(request.name, 'operations');
      return { operation: operationMessage(await views.lookUp(context, () => core.rollouts.operation(id))) };
    }),
    ReadOutput: handlers.serverStream((request, context) =>
      views.stream(context, async function* () {
        const id = requireName(request.name, 'operations');
        yield* readOutput(await views.lookUp(context, () => core.rollouts.operation(id)), link, context.signal);
      }),
    ),
  };
}
