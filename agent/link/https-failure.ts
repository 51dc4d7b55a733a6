import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { toUvsError, UvsError, type Reason } from '../../common/errors.ts';
import { isReason } from '../../common/rpc/error-details.ts';

const MAX_ERROR_BYTES = 16 * 1024;
const bodySchema = v.object({ reason: v.string(), message: v.pipe(v.string(), v.maxLength(4096)), hint: v.optional(v.string()) });

const reasonOfStatus: Readonly<Record<number, Reason>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  416: 'PACKAGE_TRUNCATED',
};

/** OpenSSL's codes for a server whose certificate is not of the cluster's authority. */
const foreignAuthority = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
]);

/** The failure of a connection, by the address that was asked. */
export function transportError(error: Error, address: string): UvsError {
  if (error instanceof UvsError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (foreignAuthority.has(code)) {
    return new UvsError('AUTHORITY_MISMATCH', `${address} has a certificate of another authority than this node's cluster (${code})`, {
      cause: error,
    });
  }
  return new UvsError('UNREACHABLE', `${address} cannot be reached (${error.message})`, { cause: error });
}

/** What an answer other than the content means; reads its body, at most 16 KiB, as the API's JSON error. */
export async function refusedAnswer(response: IncomingMessage, address: string): Promise<UvsError> {
  const status = response.statusCode ?? 0;
  const fallback = reasonOfStatus[status] ?? 'UNREACHABLE';
  try {
    const said = v.safeParse(bodySchema, await readJson(response));
    if (!said.success) return new UvsError(fallback, `${address} answered with HTTP status ${status}`);
    const { reason, message, hint } = said.output;
    return new UvsError(isReason(reason) ? reason : fallback, `${address}: ${message}`, { hint });
  } catch (error) {
    return new UvsError(fallback, `${address} answered with HTTP status ${status}`, { cause: toUvsError(error) });
  }
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response) {
    if (!Buffer.isBuffer(piece)) continue;
    size += piece.length;
    if (size > MAX_ERROR_BYTES) {
      response.destroy();
      return undefined;
    }
    pieces.push(piece);
  }
  const json: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'));
  return json;
}
