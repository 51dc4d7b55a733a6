import { UvsError } from '../errors.ts';

/** Who may sign: `root` the next root file, `vendor` the maker's packages, `site` an operator's own. */
export type RoleName = 'root' | 'vendor' | 'site';
export type PackageRole = Exclude<RoleName, 'root'>;

export interface RootKey {
  /** sha256 (hex) of the raw public key. */
  readonly keyId: string;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
}

export interface Role {
  readonly keys: readonly RootKey[];
  /** How many distinct keys must sign. */
  readonly threshold: number;
}

export interface PackageRoleRules extends Role {
  /** Products that packages signed by this role may name. */
  readonly products: readonly string[];
}

/** Says whose signatures count; agents and coordinators hold one and follow the chain from it. */
export interface Root {
  readonly format: 1;
  /** Rises by exactly one with each root file of a chain. */
  readonly version: number;
  readonly root: Role;
  readonly vendor: PackageRoleRules;
  readonly site: PackageRoleRules | undefined;
}

/** A root that is trusted: pinned by its hash, or reached by a verified chain. Persist `bytes`. */
export interface TrustedRoot {
  readonly root: Root;
  readonly bytes: Uint8Array;
  /** sha256 (hex) of `bytes`. */
  readonly sha256: string;
}

/** Parses a root file. Whether it is the right one is the caller's to know, by `sha256`. @throws UvsError ROOT_INVALID */
export function parseRoot(_bytes: Uint8Array): TrustedRoot {
  throw new UvsError('INTERNAL', 'not built yet');
}

/**
 * Follows a package's chain of root files from a trusted root to the newest one, which may be the trusted one itself.
 * Every link is signed by the threshold of root keys of its predecessor and of its own.
 * @throws UvsError ROOT_INVALID
 */
export function verifyRootChain(_trusted: TrustedRoot, _chain: Uint8Array): TrustedRoot {
  throw new UvsError('INTERNAL', 'not built yet');
}
