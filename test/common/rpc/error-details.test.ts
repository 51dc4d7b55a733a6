import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { decodeErrorDetails, encodeError } from '../../../common/rpc/error-details.ts';
import { fromServiceError } from '../../../common/rpc/failure.ts';

function received(error: UvsError, patch: (bytes: Buffer) => Buffer = (bytes) => bytes): ServiceError {
  const sent = encodeError(error);
  const metadata = new Metadata();
  for (const bytes of sent.metadata.get('grpc-status-details-bin')) metadata.set('grpc-status-details-bin', patch(Buffer.from(bytes)));
  return Object.assign(new Error(sent.details), { ...sent, metadata });
}

void t.test('the bytes are google.rpc.Status as any other client reads it', (t) => {
  const [bytes] = encodeError(new UvsError('BUSY', 'm', { details: { a: 'b' } })).metadata.get('grpc-status-details-bin');
  // by hand, from google/rpc/status.proto and error_details.proto: 1=code 2=message 3=details{1=type_url 2=value{1=reason 2=domain 3=map}}
  const info = Buffer.concat([Buffer.from('\n\x04BUSY\x12\x03uvs\x1a\x06\n\x01a\x12\x01b')]);
  const url = 'type.googleapis.com/google.rpc.ErrorInfo';
  const any = Buffer.concat([Buffer.from([0x0a, url.length]), Buffer.from(url), Buffer.from([0x12, info.length]), info]);
  t.same(
    bytes,
    Buffer.concat([Buffer.from([0x08, status.FAILED_PRECONDITION]), Buffer.from('\x12\x01m'), Buffer.from([0x1a, any.length]), any]),
  );
  t.end();
});

void t.test('a reason that this version does not know becomes the one of the code and stays readable', (t) => {
  const error = received(new UvsError('FROZEN', 'no', { hint: 'h' }), (bytes) =>
    Buffer.from(bytes.toString('latin1').replace('FROZEN', 'THAWED'), 'latin1'),
  );
  const read = fromServiceError(error, 'm', 'a:1', undefined);
  t.equal(read.reason, 'NOT_ALLOWED_NOW');
  t.equal(read.details['reason'], 'THAWED');
  t.equal(read.hint, 'h');
  t.end();
});

void t.test('malformed details are ignored and the code still counts', (t) => {
  const error = received(new UvsError('FROZEN', 'no'), (bytes) => bytes.subarray(0, 9));
  t.equal(decodeErrorDetails(error.metadata), undefined);
  t.equal(fromServiceError(error, 'm', 'a:1', undefined).reason, 'NOT_ALLOWED_NOW');
  t.end();
});

void t.test('long details are cut, so that the answer still fits into the headers', (t) => {
  const details = decodeErrorDetails(
    encodeError(new UvsError('BUSY', 'x'.repeat(100_000), { details: { a: 'y'.repeat(100_000) } })).metadata,
  );
  t.equal(details?.details['a']?.length, 1024);
  t.end();
});
