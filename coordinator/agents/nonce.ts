import { randomBytes } from 'node:crypto';

/** 128 random bits in hex: an answer that carries it was asked for now. */
export function newNonce(): string {
  return randomBytes(16).toString('hex');
}
