import { abortError } from '../../common/deadline.ts';
import { UvsError } from '../../common/errors.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { openPackage, type OpenedPackage } from '../../common/upd/open.ts';
import { checkContentKey, unwrapContentKey } from '../../common/upd/recipients.ts';
import type { PackageSource } from '../../common/upd/source.ts';
import { verifyContents } from '../../common/upd/verify.ts';
import type { Leadership } from '../agents/leadership.ts';
import type { Actor, Core } from '../core.ts';
import type { PackageRecord } from '../domain.ts';
import type { Clock } from '../ports.ts';
import { packageRecord } from './package-record.ts';
import type { Replicas } from './replicas.ts';
import type { BlobStore } from './store.ts';

export interface UploadsOptions {
  readonly store: BlobStore;
  readonly replicas: Pick<Replicas, 'hold' | 'fetched' | 'spread'>;
  readonly core: {
    readonly packages: Pick<Core['packages'], 'find' | 'add'>;
    readonly packageRoot: Pick<Core['packageRoot'], 'current' | 'raise'>;
  };
  readonly leadership: Leadership;
  /** For whom packages are encrypted here, and all who can read them; undefined: this cluster reads no encrypted ones. */
  readonly encryption: { readonly identities: readonly string[]; readonly recipient: string } | undefined;
  readonly maxBytes: number;
  readonly clock: Clock;
}

export interface UploadPiece {
  readonly digest: string;
  readonly sizeBytes: number;
  /** Where the bytes of this request begin; undefined: it brings none and asks for the end. */
  readonly start: number | undefined;
}

export type UploadResult = { readonly kind: 'more'; readonly received: number } | { readonly kind: 'done'; readonly record: PackageRecord };

const ADD_ATTEMPTS = 3;

/** Takes uploads on the leader: bytes, then signatures, then a majority, and only then the package exists. */
export class Uploads {
  readonly #options: UploadsOptions;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  get maxBytes(): number {
    return this.#options.maxBytes;
  }

  /** Whether all bytes are here, verified. */
  holds(digest: string): boolean {
    return this.#options.store.sizeOf(digest) !== undefined;
  }

  /** Bytes of the upload that are here already. @throws UvsError NOT_LEADER, NO_SPACE, TOO_MANY */
  async prepare(digest: string, sizeBytes: number, actor: Actor): Promise<number> {
    this.#demandLeader();
    const { store } = this.#options;
    await store.demandSpace({ digest, sizeBytes, by: actor.identity });
    return store.receivedOf(digest);
  }

  /** @throws UvsError NOT_LEADER, INVALID_ARGUMENT, CONFLICT, TOO_MANY, NO_SPACE, PACKAGE_*, SIGNATURE_*, KEY_*, NO_MAJORITY */
  async take(piece: UploadPiece, body: AsyncIterable<Uint8Array>, actor: Actor, signal: AbortSignal): Promise<UploadResult> {
    this.#demandLeader();
    const { replicas, maxBytes } = this.#options;
    if (piece.sizeBytes < 1 || piece.sizeBytes > maxBytes) {
      throw new UvsError('INVALID_ARGUMENT', `a package of ${piece.sizeBytes} bytes is not taken; the limit is ${maxBytes}`);
    }
    return await replicas.hold(piece.digest, () => this.#takeHeld(piece, body, actor, signal));
  }

  async #takeHeld(piece: UploadPiece, body: AsyncIterable<Uint8Array>, actor: Actor, signal: AbortSignal): Promise<UploadResult> {
    const { store, replicas } = this.#options;
    const present = await this.#present(piece.digest);
    // listed without its bytes here: they may be nowhere else either, so they are taken
    if (present !== undefined && !this.holds(piece.digest)) await replicas.fetched(piece.digest);
    if (present !== undefined && this.holds(piece.digest)) return { kind: 'done', record: present };
    if (!this.holds(piece.digest)) {
      const received = store.receivedOf(piece.digest);
      if (piece.start === undefined && received < piece.sizeBytes) return { kind: 'more', received };
      const bytes = { digest: piece.digest, sizeBytes: piece.sizeBytes, start: piece.start ?? received, by: actor.identity };
      const isWhole = await store.receive(bytes, body, (path) => this.#judgeWhole(path, signal));
      if (!isWhole) return { kind: 'more', received: store.receivedOf(piece.digest) };
    }
    return { kind: 'done', record: await this.#publish(piece.digest, actor, signal) };
  }

  /** The bytes are here and durable: brings them to a majority and makes the package known. */
  async #publish(digest: string, actor: Actor, signal: AbortSignal): Promise<PackageRecord> {
    const { store, replicas, core, clock } = this.#options;
    const path = store.pathOf(digest);
    // Judged again: the bytes may come from an earlier attempt, under an older root.
    const opened = await this.#open(path, signal).catch(async (error: unknown) => {
      // refused under a newer root, or not to be read any more: only new bytes are of use
      if (!signal.aborted) await store.remove(digest);
      throw error;
    });
    const sizeBytes = store.sizeOf(digest) ?? 0;
    // what judges the package here has to judge all others too, and on every node, before it is known
    if (opened.root.root.version > core.packageRoot.current().trusted.root.version) {
      await core.packageRoot.raise(opened.rootChain, `it came with package ${digest.slice(0, 12)}`, actor, '');
    }
    for (let attempt = 1; ; attempt += 1) {
      const holders = await replicas.spread(digest, sizeBytes, signal);
      const record = packageRecord(opened, { digest, sizeBytes, holders, createdAt: clock.wallMs() });
      try {
        return await core.packages.add(record, actor);
      } catch (error) {
        // A coordinator has entered since: now it is asked as well.
        if (!(error instanceof UvsError) || error.reason !== 'NO_MAJORITY' || attempt === ADD_ATTEMPTS) throw error;
      }
    }
  }

  /** To the last byte: what no node could take is refused now, not in the middle of a rollout. */
  async #judgeWhole(path: string, signal: AbortSignal): Promise<void> {
    try {
      await using source = await openFileSource(path);
      const { opened, contentKey } = await this.#openSource(source, signal);
      await verifyContents(source, opened, contentKey, signal);
    } catch (error) {
      throw signal.aborted ? abortError(signal, 'the verification of the package') : error;
    }
  }

  async #open(path: string, signal: AbortSignal): Promise<OpenedPackage> {
    await using source = await openFileSource(path);
    return (await this.#openSource(source, signal)).opened;
  }

  async #openSource(source: PackageSource, signal: AbortSignal) {
    const opened = await openPackage(source, { root: this.#options.core.packageRoot.current().trusted }, signal);
    return { opened, contentKey: await this.#contentKey(opened) };
  }

  /** A package that no node of this cluster could read is refused now, not in the middle of a rollout. @throws UvsError KEY_MISSING, KEY_WRONG */
  async #contentKey({ manifest, recipients }: OpenedPackage): Promise<Uint8Array | undefined> {
    if (manifest.encryption === undefined) return undefined;
    const { encryption } = this.#options;
    if (encryption === undefined) {
      throw new UvsError('KEY_MISSING', 'the package is encrypted, and this coordinator has no identity for encrypted packages', {
        hint: 'Configure one: [packages] identity.',
      });
    }
    try {
      const contentKey = await unwrapContentKey(recipients, ...encryption.identities);
      checkContentKey(manifest, contentKey);
      return contentKey;
    } catch (error) {
      if (!(error instanceof UvsError) || error.reason !== 'KEY_WRONG') throw error;
      throw new UvsError('KEY_WRONG', `the package is not encrypted for this cluster, whose recipient is ${encryption.recipient}`, {
        hint: `Have it built again with --recipient ${encryption.recipient}`,
        cause: error,
      });
    }
  }

  async #present(digest: string): Promise<PackageRecord | undefined> {
    try {
      return await this.#options.core.packages.find(digest);
    } catch (error) {
      if (error instanceof UvsError && error.reason === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  #demandLeader(): void {
    const { leadership } = this.#options;
    if (leadership.isLeader()) return;
    const leader = leadership.leaderAddress();
    throw new UvsError('NOT_LEADER', 'packages are uploaded to the leader', {
      hint: leader === '' ? 'No coordinator leads at this moment; try again.' : `Ask ${leader}.`,
      details: { leader },
    });
  }
}
