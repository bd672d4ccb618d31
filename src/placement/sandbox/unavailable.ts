import { CodecellError } from "../../core/errors.ts";

const DOCKER =
  "in Docker: --security-opt seccomp=docker/seccomp.json --security-opt apparmor=unconfined --security-opt systempaths=unconfined (see docker/compose.yaml in codecell's repository), or run the whole service in gVisor";

/** Error messages of bubblewrap, prlimit and ldd, with the remedy for each. */
const CURES: readonly (readonly [pattern: RegExp, cure: string])[] = [
  [
    /bwrap is not|bwrap ENOENT/,
    "Install bubblewrap 0.8 or later: apt-get install bubblewrap, dnf install bubblewrap, apk add bubblewrap, or pacman -S bubblewrap.",
  ],
  [
    /prlimit is not|prlimit ENOENT/,
    "Install prlimit: apt-get install util-linux, dnf install util-linux-core, or apk add util-linux-misc.",
  ],
  [
    /ldd is not|libraries that Node links/,
    "Install ldd, which comes with the C library (package libc-bin); a Node that links nothing (a static build) cannot be sandboxed yet.",
  ],
  [
    /Unknown option|disable-userns/i,
    "This bubblewrap is older than 0.8: install a later one (Debian 12, Ubuntu 24.04, Fedora 38 and Alpine 3.18 have it).",
  ],
  [
    /setting up uid map|RTM_NEWADDR|RTM_NEWLINK/,
    "AppArmor restricts user namespaces here (Ubuntu 23.10 and later): as root, write a profile /etc/apparmor.d/bwrap with `abi <abi/4.0>, include <tunables/global> profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }` and run apparmor_parser -r /etc/apparmor.d/bwrap.",
  ],
  [
    /Read-only file system/,
    `bubblewrap cannot close user namespaces behind itself, because /proc/sys is read-only here; ${DOCKER}.`,
  ],
  [
    /ENOSPC|No space left|max_user_namespaces/,
    "The number of user namespaces is capped: as root, sysctl user.max_user_namespaces=10000.",
  ],
  [
    /new namespace|No permissions|Operation not permitted|unshare|clone/i,
    `User namespaces are not allowed here: as root, sysctl kernel.unprivileged_userns_clone=1 where that exists; ${DOCKER}.`,
  ],
  [
    /mount|pivot_root|Permission denied/i,
    `Mounting is not allowed here, even in a namespace of its own; ${DOCKER}.`,
  ],
];

/** A `sandbox_unavailable` with the remedy in its hint, where the cause is known. */
export function sandboxUnavailable(message: string, cause?: unknown): CodecellError {
  const cure = CURES.find(([pattern]) => pattern.test(message))?.[1];
  return new CodecellError("sandbox_unavailable", message, {
    hint: cure ?? "Run `codecell doctor`; placement 'process' works without a sandbox.",
    cause,
  });
}
