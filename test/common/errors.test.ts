import t from 'tap';
import { status } from '@grpc/grpc-js';
import { toUvsError, UvsError } from '../../common/errors.ts';
import { grpcStatus } from '../../common/status.ts';

void t.test('an error keeps its reason, hint and cause', async (t) => {
  const cause = new Error('ENOSPC');
  const error = new UvsError('NO_SPACE', 'no space on /', { hint: 'free 3 MB', cause });
  t.equal(toUvsError(error), error);
  t.match(error, { reason: 'NO_SPACE', message: 'no space on /', hint: 'free 3 MB', cause });
});

void t.test('what is not a UVS error becomes INTERNAL and keeps the original', async (t) => {
  const original = new TypeError('x is not a function');
  t.match(toUvsError(original), { reason: 'INTERNAL', message: 'x is not a function', cause: original });
  t.match(toUvsError('thrown text'), { reason: 'INTERNAL', message: 'thrown text' });
});

void t.test('no reason is told as OK, and who may not is told apart from who is not known', async (t) => {
  for (const [reason, code] of Object.entries(grpcStatus)) t.not(code, status.OK, reason);
  t.equal(grpcStatus.PERMISSION_DENIED, status.PERMISSION_DENIED);
  t.equal(grpcStatus.CERTIFICATE_WITHDRAWN, status.UNAUTHENTICATED);
});
