import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { fromJSON, type MessageTypeDefinition } from '@grpc/proto-loader';
import * as v from 'valibot';
import { UvsError, type Reason } from '../errors.ts';
import { grpcStatus } from '../status.ts';

/** The trailer that carries google.rpc.Status; grpc's own name. */
const STATUS_TRAILER = 'grpc-status-details-bin';
const DOMAIN = 'uvs';
const TYPE_PREFIX = 'type.googleapis.com/';
/** HTTP/2 peers commonly accept 16 KiB of headers in all. */
const MAX_DETAIL_LENGTH = 1024;

// The messages of google/rpc/status.proto and error_details.proto that we use, field numbers as there.
const errorInfoFields = {
  reason: { type: 'string', id: 1 },
  domain: { type: 'string', id: 2 },
  metadata: { keyType: 'string', type: 'string', id: 3 },
};
const definition = fromJSON(
  {
    nested: {
      Any: { fields: { typeUrl: { type: 'string', id: 1 }, value: { type: 'bytes', id: 2 } } },
      Status: {
        fields: { code: { type: 'int32', id: 1 }, message: { type: 'string', id: 2 }, details: { rule: 'repeated', type: 'Any', id: 3 } },
      },
      ErrorInfo: { fields: errorInfoFields },
      Help: { fields: { links: { rule: 'repeated', type: 'HelpLink', id: 1 } } },
      HelpLink: { fields: { description: { type: 'string', id: 1 }, url: { type: 'string', id: 2 } } },
    },
  },
  { defaults: true, arrays: true, objects: true },
);

const statusSchema = v.object({ details: v.array(v.object({ typeUrl: v.string(), value: v.instance(Uint8Array) })) });
const errorInfoSchema = v.object({ reason: v.string(), domain: v.string(), metadata: v.record(v.string(), v.string()) });
const helpSchema = v.object({ links: v.array(v.object({ description: v.string() })) });

/** What a peer said besides code and message. */
export interface ErrorDetails {
  /** As sent; it may be one that this version does not know. */
  readonly reason: string;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, string>>;
}

/** Tells whether a text is a reason that this version knows. */
export function isReason(text: string): text is Reason {
  return Object.hasOwn(grpcStatus, text);
}

/** Turns an error into what a grpc-js handler answers: code, message, and google.rpc.Status with ErrorInfo (reason, details) and Help (hint). */
export function encodeError(error: UvsError): Pick<StatusObject, 'code' | 'details' | 'metadata'> {
  const code = grpcStatus[error.reason];
  const info = { reason: error.reason, domain: DOMAIN, metadata: shorten(error.details) };
  const details = [any('google.rpc.ErrorInfo', message('ErrorInfo').serialize(info))];
  if (error.hint !== undefined) {
    details.push(
      any('google.rpc.Help', message('Help').serialize({ links: [{ description: error.hint.slice(0, MAX_DETAIL_LENGTH), url: '' }] })),
    );
  }
  const text = error.message.slice(0, 4 * MAX_DETAIL_LENGTH);
  const metadata = new Metadata();
  metadata.set(STATUS_TRAILER, message('Status').serialize({ code, message: text, details }));
  return { code, details: text, metadata };
}

/** Reads what `encodeError` wrote; undefined where the peer sent nothing of ours or something malformed. */
export function decodeErrorDetails(metadata: Metadata): ErrorDetails | undefined {
  const [bytes] = metadata.get(STATUS_TRAILER);
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    const { details } = v.parse(statusSchema, message('Status').deserialize(bytes));
    let found: Omit<ErrorDetails, 'hint'> | undefined;
    let hint: string | undefined;
    for (const detail of details) {
      const value = Buffer.from(detail.value);
      if (detail.typeUrl === `${TYPE_PREFIX}google.rpc.ErrorInfo`) {
        const info = v.parse(errorInfoSchema, message('ErrorInfo').deserialize(value));
        if (info.domain === DOMAIN) found = { reason: info.reason, details: info.metadata };
      } else if (detail.typeUrl === `${TYPE_PREFIX}google.rpc.Help`) {
        hint = v.parse(helpSchema, message('Help').deserialize(value)).links[0]?.description;
      }
    }
    return found === undefined ? undefined : { ...found, hint };
  } catch {
    return undefined; // not ours to judge: the code and the message still stand
  }
}

function any(type: string, value: Buffer): { typeUrl: string; value: Buffer } {
  return { typeUrl: `${TYPE_PREFIX}${type}`, value };
}

function shorten(details: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(details).map(([key, value]) => [key, value.slice(0, MAX_DETAIL_LENGTH)]));
}

function message(name: 'Status' | 'ErrorInfo' | 'Help'): MessageTypeDefinition<object, object> {
  const found = definition[name];
  if (found === undefined || !('serialize' in found) || typeof found.serialize !== 'function')
    throw new UvsError('INTERNAL', `no message ${name}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- proto-loader's union has no tag; the message is defined above
  return found as MessageTypeDefinition<object, object>;
}
