import { decryptSegment, encryptSegment } from '../../common/upd/segment-cipher.ts';
import { contentKey, listOf } from '../bad/forge.ts';
import type { Kit } from '../bad/kit.ts';
import type { Prng } from '../sim/prng.ts';
import { objectsIn, parseJson, parseObject, partNames, placeOf, putTogether, takeApart, type Draft } from './draft.ts';
import { mutateBytes, mutateFrame } from './mutate-bytes.ts';
import { mutateJson, mutateText } from './mutate-json.ts';
import { restateContents, restateOrder, restateSegments } from './restate.ts';
import type { Signer } from './signer.ts';

/** Changes one package, and mends of it what would keep a reader from looking further. */
export class Mutator {
  readonly #kit: Kit;
  readonly #signer: Signer;

  constructor(kit: Kit, signer: Signer) {
    this.#kit = kit;
    this.#signer = signer;
  }

  /** @param others packages that parts may be taken from */
  mutate(base: Buffer, others: readonly Buffer[], prng: Prng): Buffer {
    const draft = prng.chance(0.05) ? undefined : takeApart(base);
    if (draft === undefined) return mutateBytes(base, prng, others);
    const other = takeApart(prng.pick(others));
    for (let count = prng.pick([1, 1, 1, 2, 3, 6]); count > 0; count -= 1) this.#change(draft, other, prng);
    if (prng.chance(0.7)) restateSegments(draft, prng);
    if (prng.chance(0.3)) restateOrder(draft);
    if (prng.chance(0.5)) restateContents(draft);
    if (prng.chance(0.9)) this.#signAnew(draft, prng);
    const whole = putTogether(draft);
    return prng.chance(0.03) ? mutateBytes(whole, prng, others) : whole;
  }

  #change(draft: Draft, other: Draft | undefined, prng: Prng): void {
    const { parts } = draft;
    const choice = prng.next();
    if (choice < 0.08) changePaths(draft, prng);
    else if (choice < 0.45) parts.manifest = changedJson(parts.manifest, prng);
    else if (choice < 0.53) parts.manifest = mutateText(parts.manifest.toString(), prng);
    else if (choice < 0.75) this.#changeSegments(draft, other, prng);
    else if (choice < 0.8) parts.signatures = changedJson(parts.signatures, prng);
    else if (choice < 0.88) this.#changeChain(draft, prng);
    else if (choice < 0.92) parts.recipients = mutateBytes(parts.recipients, prng, other === undefined ? [] : [other.parts.recipients]);
    else if (choice < 0.96) changeContainer(draft, prng);
    else if (other !== undefined) {
      const name = prng.pick([...partNames, 'segments'] as const);
      if (name === 'segments') draft.segments = other.segments;
      else parts[name] = other.parts[name];
    }
  }

  #changeSegments(draft: Draft, other: Draft | undefined, prng: Prng): void {
    const { segments } = draft;
    const all = [...segments, ...(other?.segments ?? [])];
    if (segments.length === 0 || all.length === 0) return;
    const index = prng.below(segments.length);
    if (prng.chance(0.3)) {
      segments.splice(index, prng.below(2), ...(prng.chance(0.5) ? [prng.pick(all)] : []));
      return;
    }
    const stored = segments[index] ?? Buffer.alloc(0);
    const place = placeOf(draft, index);
    const frame = place === undefined || prng.chance(0.2) ? undefined : decryptSegment(stored, contentKey, place);
    segments[index] =
      place === undefined || frame === undefined
        ? mutateFrame(stored, prng, all)
        : encryptSegment(mutateFrame(frame, prng, all), contentKey, place);
  }

  #changeChain(draft: Draft, prng: Prng): void {
    const { parts } = draft;
    if (parts.rootChain.length === 0 || prng.chance(0.3)) {
      parts.rootChain = prng.chance(0.5) ? changedJson(parts.rootChain, prng) : mutateBytes(parts.rootChain, prng);
      return;
    }
    const links = parseJson(parts.rootChain);
    const link = objectsIn(links).at(-1);
    if (link === undefined || typeof link['root'] !== 'string') return;
    const root = changedJson(Buffer.from(link['root'], 'base64'), prng);
    const { rootKey, stranger, vendor } = this.#kit;
    const keys = prng.pick([[rootKey], [rootKey], [rootKey], [rootKey, stranger], [stranger], [], [vendor[0]]]);
    link['root'] = root.toString('base64');
    link['signatures'] = JSON.parse(listOf(this.#signer.sign('root', root, keys)).toString());
    parts.rootChain = Buffer.from(JSON.stringify(links));
  }

  #signAnew({ parts }: Draft, prng: Prng): void {
    const { vendor, site, stranger, withdrawn, rootKey } = this.#kit;
    const everybody = [...vendor, site, stranger, withdrawn, rootKey];
    const keys = prng.chance(0.93) ? vendor.slice(0, 2) : Array.from({ length: prng.below(4) }, () => prng.pick(everybody));
    parts.signatures = listOf(this.#signer.sign(prng.chance(0.99) ? 'manifest' : 'root', parts.manifest, keys));
  }
}

function changedJson(bytes: Buffer, prng: Prng): Buffer {
  const value = parseJson(bytes);
  if (value === undefined) return mutateBytes(bytes, prng);
  mutateJson(value, prng);
  return Buffer.from(JSON.stringify(value));
}

/** Lets one path lie at, below or above another one. */
function changePaths(draft: Draft, prng: Prng): void {
  const manifest = parseObject(draft.parts.manifest);
  const files = objectsIn(manifest?.['files']);
  if (files.length < 2) return;
  const [one, other] = [prng.pick(files), String(prng.pick(files)['path'])];
  one['path'] = prng.pick([other, `${other}/x`, `${other}/x/y`, other.slice(0, Math.max(1, other.lastIndexOf('/'))), `${other}.uvs-new`]);
  draft.parts.manifest = Buffer.from(JSON.stringify(manifest));
  restateOrder(draft);
}

function changeContainer(draft: Draft, prng: Prng): void {
  const name = prng.pick(partNames);
  prng.pick<() => void>([
    () => (draft.lengths[name] = prng.pick([0, 1, 0xffffffff, 64 * 1024 + 1, 16 * 1024 * 1024, draft.parts[name].length + 1])),
    () => (draft.magic = mutateBytes(draft.magic, prng)),
    () => (draft.tail = Buffer.alloc(prng.below(20) + 1)),
    () => (draft.parts[name] = mutateBytes(draft.parts[name], prng)),
    () => (draft.parts[name] = Buffer.alloc(0)),
  ])();
}
