import type { Handlers } from '../../common/rpc/handlers.ts';
import type { SlotServiceHandlers } from '../../proto/gen/uvs/v1/SlotService.ts';
import type { Core } from '../core.ts';
import { slotMessage } from './convert/slot.ts';

/** Who holds the right to be out of service. */
export function slotService(handlers: Handlers, core: Core): SlotServiceHandlers {
  return {
    ListSlots: handlers.unary(async () => ({ slots: (await core.slots.list()).map(slotMessage) })),
  };
}
