import { closeSync, constants, fstatSync, readSync } from 'node:fs';
import { openToReadSync } from './reading.ts';

/** Of each of the two, read at once. */
const CHUNK_BYTES = 1024 * 1024;
const FLAGS = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Whether two files have the same content; that of two that differ in size is not read. Nothing but a file is the same as anything. */
export function isSameContent(one: string, other: string): boolean {
  const left = openToReadSync(one, FLAGS);
  try {
    const right = openToReadSync(other, FLAGS);
    try {
      return haveSameContent(left, right);
    } finally {
      closeSync(right);
    }
  } finally {
    closeSync(left);
  }
}

function haveSameContent(left: number, right: number): boolean {
  const [there, here] = [fstatSync(left), fstatSync(right)];
  if (!there.isFile() || !here.isFile() || there.size !== here.size) return false;
  const [one, other] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)];
  for (let at = 0; at < there.size;) {
    const read = readSync(left, one, 0, CHUNK_BYTES, at);
    if (read === 0 || readSync(right, other, 0, read, at) !== read) return false;
    if (!one.subarray(0, read).equals(other.subarray(0, read))) return false;
    at += read;
  }
  return true;
}
