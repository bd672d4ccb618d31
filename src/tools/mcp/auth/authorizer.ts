/** How a person logs in: they open an address, and the browser ends at `redirectUrl` with a code. */
export interface Authorizer {
  readonly redirectUrl: string;
  /** The parameter that binds the response to the request (RFC 6749, 10.12): another one for each login. */
  readonly state: string;
  /**
   * Names the authorization server that a server sends the person to, before anything is asked there.
   * @default it is not named
   */
  announce?(issuer: string): Promise<void> | void;
  /** Shows `url`; {@link code} returns the code. */
  show(url: URL): Promise<void>;
  /** @throws Error where the answer is not from `issuer` */
  code(issuer: ExpectedIssuer): Promise<string>;
}

/** Who has to have answered (RFC 9207). */
export interface ExpectedIssuer {
  readonly issuer: string;
  /** Whether it always says that it is it. */
  readonly named: boolean;
}

/** Thrown where a person has been shown where to log in: what failed can be tried again when they have. */
export class LoginBegun extends Error {
  override readonly name = "LoginBegun";
}

/** Thrown where a person has to log in and no login is possible now. */
export class LoginNeeded extends Error {
  override readonly name = "LoginNeeded";
}
