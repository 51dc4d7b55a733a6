import type { BigIntStats } from 'node:fs';

interface Proof {
  readonly sha256: string;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  /** Undefined until the commit, whose renames change it. */
  ctimeNs: bigint | undefined;
}

/**
 * What was read back from the device and found right, by the inode it stands in. Known to this process alone: after its death contents are read
 * again. It holds for as long as nobody has written to the inode, which its times tell.
 */
export class ProvenContents {
  readonly #proofs = new Map<string, Proof>();

  add({ dev, ino, size, mtimeNs }: BigIntStats, sha256: string): void {
    this.#proofs.set(`${dev}:${ino}`, { sha256, size, mtimeNs, ctimeNs: undefined });
  }

  /** Takes note of an inode that is in its place: from now on any change of it, of metadata too, ends the proof. */
  pin(stat: BigIntStats): void {
    const proof = this.#of(stat);
    if (proof !== undefined) proof.ctimeNs = stat.ctimeNs;
  }

  has(stat: BigIntStats, sha256: string): boolean {
    const proof = this.#of(stat);
    return proof !== undefined && proof.sha256 === sha256 && proof.ctimeNs === stat.ctimeNs;
  }

  #of({ dev, ino, size, mtimeNs }: BigIntStats): Proof | undefined {
    const proof = this.#proofs.get(`${dev}:${ino}`);
    return proof?.size === size && proof.mtimeNs === mtimeNs ? proof : undefined;
  }
}
