import { channel } from 'node:diagnostics_channel';
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What an act does to the disk. `sync` makes one file or directory durable, `sync-file-system` everything on a mount. */
export type DiskActKind =
  | 'create'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'sync-file-system'
  | 'link'
  | 'symlink'
  | 'rename'
  | 'unlink'
  | 'mkdir'
  | 'rmdir'
  | 'chmod'
  | 'chown'
  | 'touch'
  | 'setxattr';

/** An act that is about to be done. */
export class DiskAct {
  readonly kind: DiskActKind;
  /** Real path of what it changes. */
  readonly path: string;
  #failure: Error | undefined;

  constructor(kind: DiskActKind, path: string) {
    this.kind = kind;
    this.path = path;
  }

  /** Has it fail in its place, as if the disk had refused it. */
  failWith(error: Error): void {
    this.#failure = error;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }
}

/** Node's own place to listen at, so that no caller can leave the listener out; in production nobody does. */
const acts = channel('uvs:disk-act');

/**
 * Tells of an act right before it is done; who listens may end the process here, or have the act fail.
 * @param target address or descriptor of what it changes
 * @param happens asked only where somebody listens: whether anything will change
 */
export function beforeDiskAct(kind: DiskActKind, target: string | number, happens: () => boolean = () => true): void {
  if (!acts.hasSubscribers || !happens()) return;
  const act = new DiskAct(kind, realPath(target));
  acts.publish(act);
  if (act.failure !== undefined) throw act.failure;
}

/** Hears of every act of this process on the disk, until disposed. */
export function onDiskAct(listener: (act: DiskAct) => void): Disposable {
  const hear = (message: unknown): void => {
    if (message instanceof DiskAct) listener(message);
  };
  acts.subscribe(hear);
  return {
    [Symbol.dispose]: () => {
      acts.unsubscribe(hear);
    },
  };
}

/** Addresses may begin with a descriptor, /proc/self/fd/N/NAME; see agent/files/tree.ts. */
function realPath(target: string | number): string {
  if (typeof target === 'number') return readlinkSync(`/proc/self/fd/${target}`);
  const [pinned] = /^\/proc\/self\/fd\/\d+(?=\/)/.exec(target) ?? [];
  return pinned === undefined ? target : join(readlinkSync(pinned), target.slice(pinned.length));
}
