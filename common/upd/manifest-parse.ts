import { UvsError } from '../errors.ts';
import { checkManifestRules } from './manifest-rules.ts';
import { manifestSchema } from './manifest-schema.ts';
import type { Manifest } from './manifest.ts';
import { parseShape } from './shape.ts';
import { parseStrictJson, type StrictJson } from './strict-json.ts';

/**
 * Parses manifest bytes, whose signatures have been verified, under every rule of docs/package-format.md.
 * @throws UvsError PACKAGE_MALFORMED, PACKAGE_FORMAT_TOO_NEW
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  const json = parseStrictJson(bytes, 'the manifest');
  const format = formatOf(json);
  if (format !== undefined && format > 1) {
    throw new UvsError('PACKAGE_FORMAT_TOO_NEW', `The manifest has format ${format}; this program reads format 1.`, {
      hint: 'Update the program first.',
    });
  }
  const manifest = parseShape(manifestSchema, json, 'The manifest', 'PACKAGE_MALFORMED');
  checkManifestRules(manifest);
  return manifest;
}

/** Looked at first: a newer format may well have keys that are unknown here. */
function formatOf(json: StrictJson): number | undefined {
  if (json === null || typeof json !== 'object') return undefined;
  const format = new Map(Object.entries(json)).get('format');
  return typeof format === 'number' ? format : undefined;
}
