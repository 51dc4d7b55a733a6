import * as v from 'valibot';
import { word } from './answer.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where a daemon listens, as its map tells it: since 14.2 at several addresses, before at one. */
export const listed = v.object({ addrvec: v.array(v.object({ addr: word })) });

export function addressesOf(several: v.InferOutput<typeof listed> | undefined, one: string | undefined): readonly Address[] {
  return (several?.addrvec ?? [{ addr: one ?? '' }]).flatMap(({ addr }) => addressOf(addr));
}

/** Reads "10.0.0.1:6789/0" or "[fd00::1]:3300". */
function addressOf(text: string): readonly Address[] {
  const found = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<v4>[0-9.]+)):(?<port>\d{1,5})(?:\/\d+)?$/.exec(text)?.groups;
  const host = found?.['v6'] ?? found?.['v4'];
  return host === undefined ? [] : [{ host, port: Number(found?.['port']) }];
}
