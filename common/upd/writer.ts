import { UvsError } from '../errors.ts';
import type { ComponentOrder, PutDirectory, PutFile, PutSymlink, RemovePath, Target, Task } from './manifest.ts';
import type { SigningKey } from './keys.ts';

/** Bytes that the builder reads: a file of the builder's machine, or given. */
export type ContentOrigin = { readonly file: string } | { readonly bytes: Uint8Array };

type WithOrigin<T> = Omit<T, 'size' | 'sha256' | 'extents' | 'delta'> & { readonly origin: ContentOrigin };

export type EntrySpec = WithOrigin<PutFile> | PutSymlink | PutDirectory | RemovePath;
export type TaskSpec = WithOrigin<Task>;

/** All that a package is to say, in the terms of the manifest. */
export interface PackageSpec {
  readonly product: string;
  readonly version: string;
  readonly components: Readonly<Record<string, ComponentOrder>>;
  readonly minAgent: string;
  readonly target: Target;
  readonly kind: 'full' | 'partial';
  readonly base?: string;
  readonly requires: readonly string[];
  /** In any order. */
  readonly files: readonly EntrySpec[];
  readonly tasks: readonly TaskSpec[];
  readonly services: readonly string[];
  readonly reboot: boolean;
  readonly brings: Readonly<Record<string, string>>;
}

export interface WriteOptions {
  readonly keys: readonly SigningKey[];
  /** "age1…" each; none: not encrypted. */
  readonly recipients: readonly string[];
  /** A chain of root files as the part of the package holds it; none: empty. */
  readonly rootChain?: Uint8Array;
  /** zstd level, 1 to 19; 9 unless told. */
  readonly level?: number;
  /** 32 hex digits; unless told random for an encrypted build, and derived from the content for any other, which makes it reproducible. */
  readonly id?: string;
  readonly onProgress?: (done: { readonly plainBytes: number; readonly totalBytes: number }) => void;
}

export interface WrittenPackage {
  readonly id: string;
  readonly manifestHash: string;
  /** sha256 (hex) of the file. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly plainBytes: number;
  readonly fileCount: number;
  readonly segmentCount: number;
}

/**
 * Builds a package file: streams everything, in memory that depends on the number of files and not on their size; writes under a temporary
 * name, syncs, renames. What stood at `path` before is replaced.
 * @throws UvsError INVALID_ARGUMENT, NOT_FOUND, CONFLICT (a source changed while it was read), PACKAGE_MALFORMED (the spec breaks a rule of the format)
 */
export async function writePackage(
  _path: string,
  _spec: PackageSpec,
  _options: WriteOptions,
  _signal: AbortSignal,
): Promise<WrittenPackage> {
  throw new UvsError('INTERNAL', 'not built yet');
}
