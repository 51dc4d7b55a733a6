import { UvsError } from '../errors.ts';
import type { Manifest } from './manifest.ts';

/** Parses manifest bytes, whose signatures have been verified, under every rule of docs/package-format.md. @throws UvsError PACKAGE_MALFORMED, PACKAGE_FORMAT_TOO_NEW */
export function parseManifest(_bytes: Uint8Array): Manifest {
  throw new UvsError('INTERNAL', 'not built yet');
}
