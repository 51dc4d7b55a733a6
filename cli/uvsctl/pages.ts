import { UvsError } from '../../common/errors.ts';

/** As many as the API gives at once. */
export const pageSize = 1000;

/** Fetches all pages of a list. A page token that comes back unchanged would never end and is refused. */
export async function allPages<Item>(
  fetch: (pageToken: string) => Promise<{ readonly items: readonly Item[]; readonly nextPageToken: string }>,
  limit = Infinity,
): Promise<Item[]> {
  const all: Item[] = [];
  let token = '';
  do {
    const page = await fetch(token);
    if (page.nextPageToken !== '' && page.nextPageToken === token) {
      throw new UvsError('INTERNAL', 'the coordinator answered a page token with the same token', {
        hint: 'This is a fault of the coordinator; please report it.',
      });
    }
    for (const item of page.items) all.push(item);
    token = page.nextPageToken;
  } while (token !== '' && all.length < limit);
  return all.length > limit ? all.slice(0, limit) : all;
}
