/** The messages between the bench and the process of one subject. */

export interface Opening {
  readonly subject: string;
  readonly peers?: string;
  readonly memoryMb?: number;
  readonly wallMs?: number;
}

export type Question =
  | { readonly kind: "open"; readonly opening: Opening }
  | { readonly kind: "measure"; readonly job: string }
  | { readonly kind: "memory"; readonly what: "live" | "stored"; readonly subject: string }
  | { readonly kind: "probe"; readonly probe: string };

export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly absent: boolean; readonly message: string };
