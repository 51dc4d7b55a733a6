import { createHash, createPrivateKey } from 'node:crypto';
import { parseSigningKey, type SigningKey } from '../../common/upd/keys.ts';
import { makeKit, type Kit } from '../bad/kit.ts';

/** RFC 8410: a PKCS#8 private key of Ed25519 is this and 32 bytes. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Of "cluster" and of everybody else. */
const identities = {
  cluster: 'AGE-SECRET-KEY-1FD8EXHM767SKZJVPK8XPH6764WQVYWSF0PPDLPWR6SEHVUCH963Q8G4K2Z',
  other: 'AGE-SECRET-KEY-1FP6QZPRVZUPS25Z24H4A8QL24MYSJJUE8MDN782UFJAJNUCXZJ7SHULTGC',
};

/** The same keys in each run and on each machine, so that the packages of the corpus stay signed. They protect nothing. */
export function fixedKit(): Promise<Kit> {
  return makeKit({ key: fixedKey, identity: (name) => (name === 'cluster' ? identities.cluster : identities.other) });
}

function fixedKey(name: string): SigningKey {
  const seed = createHash('sha256').update(`uvs fuzz ${name}`).digest();
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  return parseSigningKey(key.export({ type: 'pkcs8', format: 'pem' }).toString(), name);
}
