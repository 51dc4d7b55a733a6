import type { IEvent, WatchClient } from 'etcd3';
import { Range } from 'etcd3';
import { toKeyValue } from './key-value.ts';
import type { WatchEvent, WatchListener } from './port.ts';

/**
 * Watches a prefix over one stream of its own, without etcd3's Watcher: that one moves its start revision forward when it has connected,
 * so that a connection lost before the history arrived loses the history, and it hides a compacted revision.
 */
export function watchStream(client: WatchClient, prefix: string, revision: number, listener: WatchListener): Disposable {
  let isOver = false;
  let cancel = (): void => undefined;
  const end = (error: Error): void => {
    if (isOver) return;
    isOver = true;
    cancel();
    listener.ended(error);
  };
  const open = async (): Promise<void> => {
    const stream = await client.watch();
    cancel = () => stream.cancel();
    stream.on('error', (error) => end(error));
    stream.on('end', () => end(new Error('the watch stream ended')));
    stream.on('data', (response) => {
      if (isOver) return;
      if (response.canceled) {
        end(new Error(`etcd ended the watch (${response.cancel_reason || `compacted at revision ${response.compact_revision}`})`));
        return;
      }
      const events = response.events.map(toEvent);
      if (events.length > 0) listener.events(events);
    });
    const range = Range.prefix(prefix);
    if (isOver) stream.cancel();
    else stream.write({ create_request: { key: range.start, range_end: range.end, start_revision: revision } });
  };
  open().catch((error: unknown) => end(error instanceof Error ? error : new Error(String(error))));
  return {
    [Symbol.dispose]() {
      isOver = true;
      cancel();
    },
  };
}

function toEvent(event: IEvent): WatchEvent {
  const entry = toKeyValue(event.kv);
  return event.type.toUpperCase() === 'DELETE'
    ? { kind: 'delete', key: entry.key, modRevision: entry.modRevision }
    : { kind: 'put', entry };
}
