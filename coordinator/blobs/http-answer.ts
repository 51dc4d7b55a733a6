import type { IncomingMessage, ServerResponse } from 'node:http';
import { status } from '@grpc/grpc-js';
import { toUvsError, type Reason, UvsError } from '../../common/errors.ts';
import { grpcStatus } from '../../common/status.ts';

/** How long what a refused client still sends is read and thrown away, so that it can read the answer. */
const LINGER_MS = 5_000;

/** HTTP statuses by gRPC code, as google.rpc.Code maps them; reasons that HTTP has a better word for come first. */
const byReason: Partial<Record<Reason, number>> = { NO_SPACE: 507, NOT_LEADER: 421, BUSY: 409, CONFLICT: 409, PACKAGE_CORRUPT: 422 };
const byCode: Partial<Record<status, number>> = {
  [status.INVALID_ARGUMENT]: 400,
  [status.FAILED_PRECONDITION]: 409,
  [status.UNAUTHENTICATED]: 401,
  [status.PERMISSION_DENIED]: 403,
  [status.NOT_FOUND]: 404,
  [status.ALREADY_EXISTS]: 409,
  [status.ABORTED]: 409,
  [status.RESOURCE_EXHAUSTED]: 429,
  [status.UNAVAILABLE]: 503,
  [status.DEADLINE_EXCEEDED]: 504,
};

export function answerJson(response: ServerResponse, statusCode: number, value: Readonly<Record<string, unknown>>): void {
  const text = `${JSON.stringify(value)}\n`;
  response.writeHead(statusCode, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

/** Answers {reason, message, hint, details} and ends the connection, on which an unread body may wait. */
export function answerError(request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const error = toUvsError(thrown);
  // What went wrong inside is for the log.
  const told = thrown instanceof UvsError ? error : new UvsError('INTERNAL', "the request failed; the coordinator's log says why");
  response.setHeader('connection', 'close');
  answerJson(response, byReason[told.reason] ?? byCode[grpcStatus[told.reason]] ?? 500, {
    reason: told.reason,
    message: told.message,
    ...(told.hint === undefined ? {} : { hint: told.hint }),
    details: told.details,
  });
  if (request.complete) return;
  request.resume();
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
}
