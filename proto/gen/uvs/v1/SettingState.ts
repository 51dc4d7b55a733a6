// Original file: proto/uvs/v1/setting.proto

export const SettingState = {
  SETTING_STATE_UNSPECIFIED: 'SETTING_STATE_UNSPECIFIED',
  SETTING_STATE_IN_FORCE: 'SETTING_STATE_IN_FORCE',
  SETTING_STATE_WAITING: 'SETTING_STATE_WAITING',
  SETTING_STATE_UNMET: 'SETTING_STATE_UNMET',
  SETTING_STATE_REFUSED: 'SETTING_STATE_REFUSED',
} as const;

export type SettingState =
  | 'SETTING_STATE_UNSPECIFIED'
  | 0
  | 'SETTING_STATE_IN_FORCE'
  | 1
  | 'SETTING_STATE_WAITING'
  | 2
  | 'SETTING_STATE_UNMET'
  | 3
  | 'SETTING_STATE_REFUSED'
  | 4

export type SettingState__Output = typeof SettingState[keyof typeof SettingState]
