/**
 * The seccomp filter of a worker, assembled here so that no compiler and no library is needed: classic BPF, 8 bytes per
 * instruction. Sources: Documentation/userspace-api/seccomp_filter.rst and include/uapi/linux/{filter,seccomp,audit}.h
 * of Linux.
 */
import { CodecellError } from "../../core/errors.ts";
import {
  ABSENT_CALLS,
  CLONE,
  DANGEROUS_CALLS,
  type SyscallTable,
  WORKER_CALLS,
  WRITING_CALLS,
} from "./syscalls.ts";

/** `strict` allows the system calls that Node needs and refuses the rest; `compatible` refuses dangerous ones and allows the rest. */
export const SYSCALL_PROFILES = ["strict", "compatible"] as const;
/** One of {@link SYSCALL_PROFILES}. */
export type SyscallProfile = (typeof SYSCALL_PROFILES)[number];

const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const JUMP_IF_BIT = 0x45;
const RETURN = 0x06;

const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const EPERM = 0x00050000 | 1;
const ENOSYS = 0x00050000 | 38;

/** Offsets in struct seccomp_data. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const FIRST_ARGUMENT = 16;

const CLONE_THREAD = 0x10000;
/** From this number on: the x32 calls of x86-64, a second table with other checks. */
const X32 = 0x40000000;

const ARCHITECTURES: Readonly<Record<string, { readonly audit: number; readonly column: 0 | 1 }>> =
  {
    x64: { audit: 0xc000003e, column: 0 },
    arm64: { audit: 0xc00000b7, column: 1 },
  };

export interface FilterOptions {
  readonly profile: SyscallProfile;
  /** Whether the settings allow the worker to write anything. */
  readonly writes: boolean;
  /**
   * Architecture as in `process.arch`.
   * @default process.arch
   */
  readonly arch?: string;
}

/**
 * The filter as `bwrap --seccomp` reads it.
 * @throws CodecellError `sandbox_unavailable` for an architecture other than x64 and arm64
 */
export function seccompFilter({ profile, writes, arch = process.arch }: FilterOptions): Uint8Array {
  const architecture = ARCHITECTURES[arch];
  if (architecture === undefined) {
    throw new CodecellError(
      "sandbox_unavailable",
      `there is no system call filter for ${arch}: the sandbox runs on x64 and arm64`,
      { hint: "Use placement 'process' inside a virtual machine or gVisor." },
    );
  }
  const { audit, column } = architecture;
  const on = (table: SyscallTable, verdict: number): Instruction[] =>
    Object.values(table).flatMap((numbers) => {
      const number = numbers[column];
      return number === undefined ? [] : [[JUMP_IF_EQUAL, number, 0, 1], ret(verdict)];
    });
  const strict = profile === "strict";
  return assemble([
    [LOAD_WORD, ARCHITECTURE],
    [JUMP_IF_EQUAL, audit, 1, 0],
    ret(KILL_PROCESS),
    [LOAD_WORD, NUMBER],
    ...(arch === "x64" ? [[JUMP_IF_AT_LEAST, X32, 0, 1] as const, ret(KILL_PROCESS)] : []),
    ...threadsOnly(CLONE[column]),
    ...on(ABSENT_CALLS, ENOSYS),
    ...(strict ? on(WORKER_CALLS, ALLOW) : on(DANGEROUS_CALLS, EPERM)),
    ...(strict && writes ? on(WRITING_CALLS, ALLOW) : []),
    ret(strict ? EPERM : ALLOW),
  ]);
}

type Instruction = readonly [code: number, operand: number, ifTrue?: number, ifFalse?: number];

function ret(verdict: number): Instruction {
  return [RETURN, verdict];
}

/** clone() may make a thread, never a process. The loaded number is lost here, but all branches return. */
function threadsOnly(clone: number): Instruction[] {
  return [
    [JUMP_IF_EQUAL, clone, 0, 4],
    [LOAD_WORD, FIRST_ARGUMENT],
    [JUMP_IF_BIT, CLONE_THREAD, 0, 1],
    ret(ALLOW),
    ret(EPERM),
  ];
}

function assemble(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(8 * instructions.length);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, operand, ifTrue = 0, ifFalse = 0]] of instructions.entries()) {
    view.setUint16(8 * index, code, true); // both architectures are little-endian
    view.setUint8(8 * index + 2, ifTrue);
    view.setUint8(8 * index + 3, ifFalse);
    view.setUint32(8 * index + 4, operand, true);
  }
  return bytes;
}
