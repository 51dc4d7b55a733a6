import type { Handlers } from '../../common/rpc/handlers.ts';
import type { SlotServiceHandlers } from '../../proto/gen/uvs/v1/SlotService.ts';
import type { Core } from '../core.ts';
import { slotMessage } from './convert/slot.ts';
import { requestId, requireName, requireReason } from './validate.ts';
import type { Views } from './views.ts';

/** Who holds the right to be out of service, and how it is taken back. */
export function slotService(handlers: Handlers, core: Core, views: Views): SlotServiceHandlers {
  return {
    GetSlot: handlers.unary(async (request, context) => {
      const name = requireName(request.name, 'slots');
      return { slot: slotMessage(await views.lookUp(context, () => core.slots.find(name))) };
    }),
    ReleaseSlot: handlers.unary(async (request, { peer }) => {
      const name = requireName(request.name, 'slots');
      const reason = requireReason(request.reason);
      const force = { isForced: request.force, isPoweredOff: request.nodeIsPoweredOff };
      const slot = await core.slots.release(name, reason, force, { identity: peer.name }, requestId(request.requestId));
      return { slot: slot === undefined ? null : slotMessage(slot) };
    }),
    ListSlots: handlers.unary(async (_request, context) => ({
      slots: (await views.lookUp(context, () => core.slots.list())).map(slotMessage),
    })),
  };
}
