import { agentLayout } from '../../common/agent-layout.ts';
import { UvsError } from '../../common/errors.ts';
import { wayOf } from '../files/names-on-the-way.ts';

/**
 * Refuses what of a package of the site goes where the agent is, its runtimes and the pointer among it, whether a release of the vendor has put anything
 * there or not: whoever brings the agent rules the node, and every later release on it.
 * @param root real path of the root @param paths all that the package names, by all their names @throws UvsError PATH_FORBIDDEN
 */
export function refuseAgentOfSite(root: string, paths: Iterable<string>): void {
  const ways = [agentLayout.top, agentLayout.versions, agentLayout.runtimes].map((place) => ({ place, ...wayOf(root, place) }));
  const places = new Set(ways.flatMap(({ place, links, end = place }) => [place, end, ...links]));
  for (const path of paths) {
    for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
      if (!places.has(at)) continue;
      throw new UvsError('PATH_FORBIDDEN', `the package may not touch ${path}: the agent is there, which the vendor alone brings`, {
        hint: 'An agent and its runtime come with packages that a vendor key signs; build this one without that path.',
      });
    }
  }
}
