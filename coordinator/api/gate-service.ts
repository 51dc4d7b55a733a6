import type { Handlers } from '../../common/rpc/handlers.ts';
import type { GateServiceHandlers } from '../../proto/gen/uvs/v1/GateService.ts';
import type { Core } from '../core.ts';
import { stuckDrains } from './convert/drain.ts';
import { gateAnswerMessage } from './convert/slot.ts';
import { requireName } from './validate.ts';

/** The gates and their answers. */
export function gateService(handlers: Handlers, core: Core): GateServiceHandlers {
  return {
    ListGates: handlers.unary(async () => ({
      ...stuckDrains(core.slots.drains()),
      gates: core.slots.gates().map((gate) => ({
        name: `gates/${gate.name}`,
        kind: gate.kind,
        lastAnswer: gate.last === undefined ? null : gateAnswerMessage(gate.name, gate.last),
      })),
    })),
    EvaluateGates: handlers.unary(async (request, { signal }) => {
      const { uid } = core.nodes.find(requireName(request.node, 'nodes'));
      const answers = await core.slots.evaluate(uid, signal);
      return { answers: answers.map((answer) => gateAnswerMessage(answer.name, answer)) };
    }),
  };
}
