import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import t from 'tap';
import {
  encodePublicKey,
  encodeSigningKey,
  generateSigningKey,
  isSignedBy,
  parsePublicKey,
  parseSigningKey,
  signBytes,
} from '../../../common/upd/keys.ts';
import { refusal, sha256 } from '../../support/upd.ts';

const key = generateSigningKey();
const bytes = Buffer.from('what is signed');

t.test('keys are written and read back', async (t) => {
  t.equal(parseSigningKey(encodeSigningKey(key), 'test').keyId, key.keyId);
  t.strictSame(parsePublicKey(encodePublicKey(key), 'test'), { keyId: key.keyId, raw: key.raw });
  t.equal(key.keyId, sha256(key.raw));
  t.equal(key.raw.length, 32);
});

t.test('a signature holds for its bytes, its purpose and its key only', async (t) => {
  const { signature } = signBytes('manifest', bytes, key);
  t.ok(isSignedBy('manifest', bytes, signature, key.raw));
  t.notOk(isSignedBy('root', bytes, signature, key.raw));
  t.notOk(isSignedBy('manifest', Buffer.from('what was signed'), signature, key.raw));
  t.notOk(isSignedBy('manifest', bytes, signature, generateSigningKey().raw));
});

t.test('what is signed is the domain, a NUL and the bytes, so that other programs can verify it', async (t) => {
  const { signature } = signBytes('manifest', bytes, key);
  t.ok(verify(null, Buffer.concat([Buffer.from('uvs/1/manifest\0'), bytes]), createPublicKey(encodePublicKey(key)), signature));
});

t.test('other keys, other files, and a private key for a public one are refused', async (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  t.equal(
    await refusal(() => parseSigningKey(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'f')),
    'INVALID_ARGUMENT',
  );
  t.equal(await refusal(() => parsePublicKey(rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'f')), 'INVALID_ARGUMENT');
  t.equal(await refusal(() => parsePublicKey(encodeSigningKey(key), 'f')), 'INVALID_ARGUMENT');
  t.equal(await refusal(() => parseSigningKey(encodePublicKey(key), 'f')), 'INVALID_ARGUMENT');
  t.equal(await refusal(() => parseSigningKey('', 'f')), 'INVALID_ARGUMENT');
});
