/** What `upd build --help` says of the spec. */
export const SPEC_HELP = `
The spec:

  product = "uvs"                  # a root file must allow it
  version = "2.14.17"              # shown only; order is by releaseSeq
  releaseSeq = 17                  # higher with each release; or [components.NAME] with releaseSeq and epoch
  minAgent = "0.1.0"               # lowest agent that may install it; "0.2.0" for a release that brings an agent
  kind = "full"                    # or "partial", with base = "PATH.upd" or a manifest hash
  requires = []                    # manifest hashes of which one must be installed
  services = ["ceph-osd.target"]   # stopped before the commit in this order, started after it in the reverse
  reboot = false                   # an agent that can't reboot within a release refuses the package
  remove = ["/opt/uvs/old"]        # removed if the last release put it there and it is unchanged

  [target]                         # empty or left out: any
  distro = "debian"
  distroVersions = ["12"]
  archs = ["arm64"]
  boards = []
  roles = []

  [brings]
  uvs = "2.14.17"                  # also ceph, kernel

  [barrier]                        # only where it can't be taken back (uvsctl rollback)
  sentence = "OSDs that have started 17.x write a new format"
  onceUnits = ["ceph-osd@*"]       # not on nodes without these; or oncePath = "/PATH"; neither: nowhere

  [[trees]]
  source = "root"                  # directory or file
  destination = "/opt/uvs/2.14.17" # for a file: its full path
  owner = "0:0"                    # numbers
  modes = "normal"                 # 0644, 0755 for programs and directories, and no setuid or setgid program but by a rule; or "source"
  xattrs = "rules"                 # only those that rules name; or "source": with its capabilities, access lists and other attributes
  directories = true               # false: leave directories as the node has them
  hardLinks = false                # true: hard links of the source stay links
  privileged = ["bin/ping"]        # what is setuid, setgid, with capabilities, or open for others to change, in the source: named here, each path, or refused
  exclude = ["**/*.map"]

    [[trees.rules]]                # later rules win; globs are relative to the source; one that matches nothing is refused
    match = "etc/**"
    mode = "0600"
    config = "keep"                # the admin's edit stays; or "new-beside": ours is put at PATH.uvs-new; "replace" unless told
    xattrs = { "security.capability" = "BASE64" }

  [[symlinks]]
  path = "/opt/uvs/current"
  target = "2.14.17"

  [[tasks]]                        # every key but args has to be there
  stage = "pre"                    # or "post", "cleanup": when it runs, below
  name = "check"
  program = "tasks/check.sh"
  args = []
  timeoutSeconds = 60
  idempotent = true                # whether it may run again after an interruption

Tasks of a stage run one after the other, in the order of the spec, while the node may be out of service:

  pre                              before services are stopped and anything is changed
  post                             once paths are changed and services are started again
  cleanup                          last: once what was brought is read back from the disk, services run and the node is healthy; services are looked at again after it

Where a task fails, in whichever stage, the node goes back to the release before, services and paths; what tasks have changed is not undone.

A task runs in the node's root directory, as root, and finds in its environment, beside PATH, HOME and LANG:

  UVS_STAGE                        "pre", "post" or "cleanup"
  UVS_ROOT                         the node's root directory: "/", or what the agent was given as --root
  UVS_VERSION                      the version that this release brings
  UVS_FROM_VERSION                 the version that was installed before; empty where there was none
  UVS_NODE_NAME                    the node's name
  UVS_OPERATION                    id of the operation; the same where a task runs again after an interruption
  UVS_STATE_DIR                    the agent's own directory; nothing for tasks to write in
`;
