import { UvsError } from '../../common/errors.ts';
import type { SettingsRecord } from '../domain.ts';
import { settingsOf, type NodeSettings } from '../declared/settings.ts';
import { keys } from '../state/keys.ts';
import type { DeclaredKind } from './declarations.ts';

/** All of them are read for each node. */
const MOST_SCOPES = 512;

/** Settings of the machines themselves. */
export const settingsKind: DeclaredKind<SettingsRecord, { readonly scope: string }, NodeSettings> = {
  name: 'settings',
  all: (mirror) => mirror.settings,
  keyOf: ({ scope }) => keys.setting(scope),
  subject: () => '',
  make: ({ scope }, values) => ({ scope, values }),
  put: (record) => ({ of: 'settings', record }),
  remove: ({ scope }) => ({ of: 'settings-gone', scope }),
  isAbout: ({ of }) => of === 'settings' || of === 'settings-gone',
  forNode: settingsOf,
  demandRoom: (others) => {
    if (others.length >= MOST_SCOPES)
      throw new UvsError('TOO_MANY', `a cluster has settings in at most ${MOST_SCOPES} scopes`, {
        hint: 'Take some back with `uvsctl settings unset`; a role or a label is one scope for all its nodes.',
      });
  },
};
