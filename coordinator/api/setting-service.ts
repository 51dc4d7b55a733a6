import { parseSetting, parseSettingName } from '../../common/settings/value.ts';
import type { Handlers } from '../../common/rpc/handlers.ts';
import type { NodeSettings } from '../../proto/gen/uvs/v1/NodeSettings.ts';
import type { SettingServiceHandlers } from '../../proto/gen/uvs/v1/SettingService.ts';
import type { Settings } from '../../proto/gen/uvs/v1/Settings.ts';
import type { SettingState } from '../../proto/gen/uvs/v1/SettingState.ts';
import type { Core } from '../core.ts';
import { standingOf } from '../declared/hearing.ts';
import type { NodeRecord, SettingsRecord } from '../domain.ts';
import { flatSettings } from '../declared/settings.ts';
import type { ReportedSetting, SettingsReport } from '../declared/settings-report.ts';
import {
  hostnameOf,
  knownScopeFrom,
  mendedMessage,
  namesFrom,
  nodesIn,
  previewed,
  scopeFrom,
  selectedFrom,
  valuesFrom,
  weightOfTold,
  type ScopedCore,
} from './declared.ts';
import { paginate } from './page.ts';
import { pageSize, requestId, requireReason } from './validate.ts';
import type { Views } from './views.ts';

/** What agents say of their settings. */
export interface SettingsHearing {
  settings(uid: string): { readonly told: SettingsReport | undefined } | undefined;
}

type SettingsCore = Pick<Core, 'settings'> & ScopedCore;

const MAX_VALUES = 64;

/** How the machines themselves are set: declared, taken back, previewed, and how it stands with it. */
export function settingService(handlers: Handlers, core: SettingsCore, hearing: SettingsHearing, views: Views): SettingServiceHandlers {
  const message = ({ scope, values }: SettingsRecord): Settings => ({ scope, values: { ...values }, hostname: hostnameOf(core, scope) });
  return {
    ListSettings: handlers.unary(
      async (_request, context) => await views.look(context, async () => ({ settings: core.settings.list().map(message) })),
    ),
    SetSettings: handlers.unary(async (request, { peer }) => {
      const at = { scope: scopeFrom(core, request.scope) };
      const values = settingsFrom(request.values);
      const reason = requireReason(request.reason);
      const settings = await core.settings.set(at, values, reason, { identity: peer.name }, requestId(request.requestId));
      return { settings: message(settings), nodes: nodesIn(core, settings.scope).length };
    }),
    UnsetSettings: handlers.unary(async (request, { peer }) => {
      const at = { scope: knownScopeFrom(core, core.settings.list(), request.scope) };
      const names = namesFrom(request.names, MAX_VALUES, parseSettingName);
      const reason = requireReason(request.reason);
      const left = await core.settings.unset(at, names, reason, { identity: peer.name }, requestId(request.requestId));
      return { settings: left === undefined ? null : message(left) };
    }),
    PreviewSettings: handlers.unary(async (request, context) => {
      const isSet = Object.keys(request.values).length > 0;
      const change = isSet ? { set: settingsFrom(request.values) } : { unset: namesFrom(request.unset, MAX_VALUES, parseSettingName) };
      return await views.look(context, async () => {
        const at = { scope: knownScopeFrom(core, core.settings.list(), request.scope) };
        return previewed(core, core.settings, at, change, flatSettings).message;
      });
    }),
    ListNodeSettings: handlers.unary(async (request, context) => {
      const selected = selectedFrom(request.selector);
      const size = pageSize(request.pageSize, 1000);
      const weight = weightOfTold((uid) => hearing.settings(uid)?.told);
      return await views.look(context, async () => {
        const page = paginate(selected(core.nodes), (node) => node.uid, size, request.pageToken, weight);
        return { nodes: page.items.map((node) => nodeMessage(core, hearing, node)), nextPageToken: page.nextPageToken };
      });
    }),
  };
}

function nodeMessage(core: SettingsCore, hearing: SettingsHearing, { uid, hostname }: NodeRecord): NodeSettings {
  const wanted = core.settings.of(uid);
  const { report, message } = standingOf(
    'settings',
    { hash: wanted?.hash, isNothing: Object.keys(wanted?.values ?? {}).length === 0 },
    hearing.settings(uid),
    ({ settings }) => settings.length === 0,
  );
  const clock = report?.clock ?? null;
  return { node: `nodes/${uid}`, hostname, settings: report?.settings.map(settingMessage) ?? [], message, clock };
}

const states = {
  'in-force': 'SETTING_STATE_IN_FORCE',
  waiting: 'SETTING_STATE_WAITING',
  unmet: 'SETTING_STATE_UNMET',
  refused: 'SETTING_STATE_REFUSED',
} as const satisfies Record<ReportedSetting['state'], SettingState>;

function settingMessage({ state, mended, ...setting }: ReportedSetting) {
  return { ...setting, state: states[state], ...mendedMessage(mended) };
}

function settingsFrom(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return valuesFrom(values, MAX_VALUES, 'settings', (name, value) => parseSetting(parseSettingName(name), value.slice(0, 2300)));
}
