import type * as real from '../../../agent/installed.ts';
import { diskAt, written } from '../disk.ts';

export {
  concerned,
  includesInstalled,
  parseInstalled,
  readRelease,
  rememberedFiles,
  withoutRelease,
  withRelease,
} from '../../../agent/installed.ts';

/** Stands in for agent/installed.ts, on a simulated disk. */
export const readInstalled: typeof real.readInstalled = async (state) => diskAt(state.path).installed;

export const writeInstalled: typeof real.writeInstalled = async (state, installed) => {
  await written();
  diskAt(state.path).installed = installed;
};

export const sweepReleases: typeof real.sweepReleases = async () => undefined;

export const rememberRelease: typeof real.rememberRelease = () => written();

export const currentRoot: typeof real.currentRoot = async (_state, _installed, given) => {
  if (given === undefined) throw new Error('no root was given');
  return given;
};

/** The simulated disk never loses it. */
export const prepareInstalled: typeof real.prepareInstalled = async (state) => diskAt(state.path).installed;
