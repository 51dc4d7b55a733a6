import { attacks, changed, file, soundFile, soundTask, type Attack, type Forgery, type Json } from '../forge.ts';

const text = (change: (text: string) => string | Buffer): Forgery => ({ text: change });
/** The first place in the manifest's text where a number stands, with another one. */
const space = (number: string): Forgery => text((all) => all.replace('"spaceBytes":1048576', `"spaceBytes":${number}`));
const inserted = (member: string): Forgery => text((all) => all.replace('{', `{${member},`));
/** A key that nobody knows, in each object of a manifest. */
const unknown = { surprise: 1 };
const segment = (manifest: Json): Json => {
  const [first]: readonly Json[] = Array.isArray(manifest['segments']) ? manifest['segments'] : [];
  return { ...first };
};

export const jsonAttacks: readonly Attack[] = attacks('PACKAGE_MALFORMED', 'manifest text', {
  'bad UTF-8': text((all) => Buffer.concat([Buffer.from(all.replace('etc/motd', 'etc/mot')), Buffer.from([0xff])])),
  'bad UTF-8 inside a path': text((all) => {
    const bytes = Buffer.from(all);
    bytes.writeUInt8(0xc0, bytes.indexOf('etc/motd') + 4);
    return bytes;
  }),
  'overlong UTF-8 for a slash': text((all) => {
    const bytes = Buffer.from(all);
    const at = bytes.indexOf('etc/motd') + 3;
    return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xc0, 0xaf]), bytes.subarray(at + 1)]);
  }),
  'UTF-16': text((all) => Buffer.from(all, 'utf16le')),
  'a byte order mark': text((all) => `\uFEFF${all}`),
  'half of a surrogate pair': text((all) => all.replace('etc/motd', 'etc/\\ud800')),
  nothing: text(() => ''),
  null: text(() => 'null'),
  'a list': text((all) => `[${all}]`),
  'a string of it': text((all) => JSON.stringify(all)),
  cut: text((all) => all.slice(0, -1)),
  'something after it': text((all) => `${all}{}`),
  'a NUL after it': text((all) => `${all}\0`),
  'a comment': text((all) => `${all}//`),
  'a trailing comma': text((all) => all.replace(/\}$/, ',}')),
  'a key twice': inserted('"product":"uvs"'),
  'a key twice, once escaped': inserted('"\\u0070roduct":"uvs"'),
  'a path twice in one file': text((all) => all.replace('"path":"etc/motd"', '"path":"etc/motd","path":"etc/shadow"')),
  'the key __proto__': inserted('"__proto__":{"reboot":true}'),
  '__proto__, escaped': inserted('"\\u005f_proto__":{}'),
  constructor: inserted('"constructor":{}'),
  prototype: inserted('"prototype":{}'),
  '__proto__ as a component': text((all) => all.replace('"components":{', '"components":{"__proto__":{"epoch":0,"releaseSeq":1},')),
  'constructor as a component': changed({ components: { constructor: { epoch: 0, releaseSeq: 1 } } }),
  'nested 17 deep': inserted(`"x":${'['.repeat(17)}${']'.repeat(17)}`),
  'nested a million deep': text(() => '['.repeat(1_000_000)),
  'more than a million values': text(() => `[${'{},'.repeat(1_000_000)}{}]`),
  'an unsafe whole number': space('9007199254740992'),
  'a negative unsafe whole number': space('-9007199254740992'),
  'a number of 400 digits': space('1'.repeat(400)),
  'a fraction': space('1048576.5'),
  'a fraction that is whole': space('1048576.0'),
  'an exponent': space('2e6'),
  'minus zero': space('-0'),
  'a leading zero': space('01048576'),
  infinity: space('Infinity'),
  'a number as text': space('"1048576"'),
  'a truth for a number': space('true'),
  'nothing for a number': space('null'),
  'an unknown key': changed(unknown),
  'an unknown key in the target': changed({
    target: { distro: '', distroVersions: [], archs: [], boards: [], roles: [], ...unknown },
  }),
  'an unknown key in a component': changed({ components: { uvs: { epoch: 1, releaseSeq: 8, ...unknown } } }),
  'an unknown key in a segment': {
    manifest: (manifest) => ({ ...manifest, files: [], tasks: [], segments: [{ ...segment(manifest), ...unknown }] }),
  },
  'an unknown key in a file': file(unknown),
  'an unknown key in an extent': file({ extents: [{ segment: 0, offset: 0, length: 5000, ...unknown }] }),
  'an unknown key in a task': changed({ tasks: [{ ...soundTask, ...unknown }] }),
  'an unknown key in a removal': changed({ files: [{ path: 'a', op: 'remove', ...unknown }] }),
  'a device number in a file': file({ rdev: 2049 }),
  'a missing key': text((all) => all.replace('"reboot":false,', '')),
  'an object for a list': changed({ files: { 0: soundFile } }),
  'a list for an object': changed({ brings: [] }),
});
