import type { Handlers } from '../../common/rpc/handlers.ts';
import { toTimestamp } from '../../common/rpc/proto-time.ts';
import type { EventServiceHandlers } from '../../proto/gen/uvs/v1/EventService.ts';
import type { AuditPlace, Core } from '../core.ts';
import { auditResource } from './event-resource.ts';
import { invalid, pageSize } from './validate.ts';
import type { Views } from './views.ts';

/** The audit log, newest first; the places where it goes on are the page tokens. */
export function eventService(handlers: Handlers, core: Core, views: Views): EventServiceHandlers {
  return {
    ListEvents: handlers.unary(async (request, context) => {
      const size = pageSize(request.pageSize, 100);
      const before = beforeFrom(request.pageToken);
      const events = await views.lookUp(context, async () => {
        const resource = request.resource === '' ? undefined : await auditResource(request.resource, core);
        return await core.audit.list({ limit: size, before, resource });
      });
      const last = events.at(-1);
      return {
        events: events.map((event) => ({
          name: `events/${event.seq}`,
          createTime: toTimestamp(event.at),
          actor: event.actor,
          action: event.action,
          resource: event.resource,
          message: event.message,
          hostname: event.hostname ?? '',
        })),
        nextPageToken: last === undefined || events.length < size ? '' : `${last.before.decided}.${last.before.nodes}`,
      };
    }),
  };
}

function beforeFrom(token: string): AuditPlace | undefined {
  if (token === '') return undefined;
  const [, decided, nodes] = /^([0-9]{1,15})\.([0-9]{1,15})$/.exec(token) ?? [];
  if (decided === undefined || nodes === undefined) throw invalid('page_token', 'is none of ours', 'Begin without one.');
  return { decided: Number(decided), nodes: Number(nodes) };
}
