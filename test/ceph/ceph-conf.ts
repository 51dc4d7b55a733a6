export interface MonitorAddress {
  readonly id: string;
  /** Ports of 127.0.0.1, for both versions of the messenger. */
  readonly v1: number;
  readonly v2: number;
}

export interface ConfigOptions {
  readonly directory: string;
  readonly fsid: string;
  readonly monitors: readonly MonitorAddress[];
  readonly osds: readonly { readonly id: string; readonly host: string }[];
}

/** Writes a ceph.conf for a cluster on one machine: small in memory, and with no complaint that comes of being small. */
export function configText({ directory, fsid, monitors, osds }: ConfigOptions): string {
  return `[global]
fsid = ${fsid}
mon_host = ${monitors.map(({ v1, v2 }) => `[v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]`).join(',')}
mon_initial_members = ${monitors.map(({ id }) => id).join(',')}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
run_dir = ${directory}/run
admin_socket = ${directory}/run/$name.$pid.asok
crash_dir = ${directory}/run
log_file = ${directory}/log/$name.log
mon_cluster_log_file = ${directory}/log/cluster.log
auth_allow_insecure_global_id_reclaim = false
osd_pool_default_size = 3
osd_pool_default_min_size = 2
osd_pool_default_pg_autoscale_mode = off
# OSDs tell the managers of their placement groups each second and not each fifth
mgr_stats_period = 1

[client]
keyring = ${directory}/$name.keyring
# a program of seconds needs neither
admin_socket =
log_file =

[mon]
mon_data = ${directory}/data/mon.$id
mon_data_avail_warn = 1
mon_data_avail_crit = 0
mon_allow_pool_delete = true

[mgr]
mgr_data = ${directory}/data/mgr.$id
mgr_initial_modules = balancer

[mds]
mds_data = ${directory}/data/mds.$id
mds_cache_memory_limit = 64M

[osd]
osd_data = ${directory}/data/osd.$id
osd_objectstore = bluestore
bluestore_block_size = 4G
bluestore_cache_autotune = false
bluestore_cache_size = 32M
osd_op_num_shards = 2
# one that is stopped says so, and clients turn to another at once
osd_fast_shutdown_notify_mon = true
osd_op_num_threads_per_shard = 1
${osds.map(({ id, host }) => `\n[osd.${id}]\ncrush_location = root=default host=${host}\n`).join('')}`;
}
